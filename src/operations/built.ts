import process from 'node:process';
import { anyHttpRequest, httpName } from './http.ts';
import type { Operation, Operations } from './operation.ts';

/**
 * The built catalogue: one line that says where each entry stands, then the entries, each as JSON. A command parses
 * the line and the entries that its playbook uses, however many there are.
 */
interface Index {
  readonly digest: string;
  /** Name → where its JSON begins after the first line, and how many bytes it has. */
  readonly entries: Readonly<Record<string, readonly [start: number, length: number]>>;
}

export type CatalogueJson = Readonly<Record<string, Operation>>;

const newline = 0x0a;

export function packCatalogue(catalogue: CatalogueJson): Buffer {
  const entries: Record<string, readonly [number, number]> = {};
  const texts: Buffer[] = [];
  let at = 0;
  for (const [name, operation] of Object.entries(catalogue)) {
    const text = Buffer.from(JSON.stringify(operation));
    entries[name] = [at, text.length];
    texts.push(text);
    at += text.length;
  }
  const index: Index = { digest: digestOf(catalogue), entries };
  return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...texts]);
}

/** @param parse for tests that watch what is parsed */
export function openCatalogue(bytes: Buffer, parse: (text: string) => unknown = JSON.parse): Operations {
  const body = bytes.indexOf(newline) + 1;
  const { digest, entries } = parse(bytes.toString('utf8', 0, body)) as Index;
  const read = new Map<string, Operation>();
  return {
    names: Object.keys(entries).sort(),
    digest,
    get: (name) => {
      if (name === httpName) return anyHttpRequest;
      const known = read.get(name);
      if (known !== undefined || !Object.hasOwn(entries, name)) return known;
      const [start, length] = entries[name]!;
      const operation = parse(bytes.toString('utf8', body + start, body + start + length)) as Operation;
      read.set(name, operation);
      return operation;
    },
  };
}

/** SHA-256 of a catalogue, hex. */
export function digestOf(catalogue: object): string {
  // Not imported above: a command that opens the built catalogue hashes nothing, and the module is slow to load.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(JSON.stringify(catalogue)).digest('hex');
}
