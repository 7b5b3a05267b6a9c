import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';

/** A part of a workbook: its path in the archive, and its bytes. */
export type Part = readonly [name: string, bytes: Uint8Array];

/** Why a workbook is not read, in words. */
export class WorkbookError extends Error {}

const mebi = 1024 * 1024;
/** A sheet of a million cells has some 50 MiB of XML. */
const unpackedMax = 256 * mebi;
const packedMax = 128 * mebi;
const partsMax = 10_000;
/** XML packs to a tenth or a fiftieth; what packs better holds one thing a thousand times. */
const ratioMax = 250;
const ratioFrom = mebi;

const signatures = { end: 0x06054b50, directory: 0x02014b50, local: 0x04034b50 } as const;
const stored = 0;
const deflated = 8;

const inflate = promisify(inflateRaw);

/**
 * The XML parts of a workbook, unpacked. What its directory declares is judged before anything is unpacked, and no
 * part may become larger than was declared: a small file must not fill the memory.
 * @throws WorkbookError, and what the system says
 */
export async function unpackWorkbook(file: string): Promise<readonly Part[]> {
  const archive = await bytesOf(file);
  const entries = entriesOf(archive).filter(({ name }) => /\.(?:xml|rels)$/iu.test(name));
  let total = 0;
  for (const { name, size, packed } of entries) {
    total += size;
    if (total > unpackedMax) throw new WorkbookError(`it unpacks to more than ${unpackedMax / mebi} MiB`);
    if (size > ratioFrom && size > packed * ratioMax)
      throw new WorkbookError(
        `${JSON.stringify(name)} unpacks to ${ratioMax} times its size: no workbook does`,
      );
  }
  const parts = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (parts.has(entry.name)) throw new WorkbookError(`it holds ${JSON.stringify(entry.name)} twice`);
    parts.set(entry.name, await unpack(archive, entry));
  }
  return [...parts];
}

async function bytesOf(file: string): Promise<Buffer> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  if (size > packedMax) throw new WorkbookError(`it is larger than ${packedMax / mebi} MiB`);
  return await handle.readFile();
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header is. */
  readonly at: number;
}

/** The archive's directory, which stands at its end. */
function entriesOf(archive: Buffer): readonly Entry[] {
  const end = endOf(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (count > partsMax) throw new WorkbookError(`it holds more than ${partsMax} parts`);
  const entries: Entry[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== signatures.directory) throw damaged();
    const [name, extra, comment] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    entries.push({
      name: archive.toString('utf8', at + 46, at + 46 + name),
      method: archive.readUInt16LE(at + 10),
      crc: archive.readUInt32LE(at + 16),
      packed: archive.readUInt32LE(at + 20),
      size: archive.readUInt32LE(at + 24),
      at: archive.readUInt32LE(at + 42),
    });
    at += 46 + name + extra + comment;
  }
  return entries;
}

/** A comment of up to 64 KiB may follow the end of the directory. */
function endOf(archive: Buffer): number {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - 22 - 0xffff); at -= 1)
    if (archive.readUInt32LE(at) === signatures.end) return at;
  throw damaged();
}

async function unpack(archive: Buffer, { name, method, crc, packed, size, at }: Entry): Promise<Uint8Array> {
  if (at + 30 > archive.length || archive.readUInt32LE(at) !== signatures.local) throw damaged();
  const start = at + 30 + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
  const content = archive.subarray(start, start + packed);
  if (content.length < packed || (method !== stored && method !== deflated)) throw damaged();
  let bytes: Uint8Array = content;
  try {
    if (method === deflated) bytes = await inflate(content, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw new WorkbookError(`${JSON.stringify(name)} is damaged, or larger than the archive says`);
  }
  if (bytes.length !== size || crc32(bytes) !== crc)
    throw new WorkbookError(`${JSON.stringify(name)} is damaged`);
  return bytes;
}

function damaged(): WorkbookError {
  return new WorkbookError('it is damaged, or no workbook');
}

/** An archive without compression: what reads it sees just the parts that were judged. */
export function packWorkbook(parts: readonly Part[]): ArrayBuffer {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of parts) {
    const title = Buffer.from(name);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(bytes.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(title.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    pieces.push(Buffer.from('PK\x03\x04'), head, title, bytes);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), head, place, title);
    offset += 30 + title.length + bytes.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(index.length, 8);
  end.writeUInt32LE(offset, 12);
  pieces.push(index, Buffer.from('PK\x05\x06'), end);
  return joined(pieces);
}

/** In memory of its own, unlike what Buffer.concat makes of little. */
function joined(pieces: readonly Uint8Array[]): ArrayBuffer {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all.buffer;
}
