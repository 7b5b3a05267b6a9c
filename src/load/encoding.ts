/** Encodings that spreadsheets and directories really export. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/**
 * Finds the encoding from the first bytes of a file: a mark, the zero bytes of UTF-16, valid UTF-8, else
 * Windows-1252. @returns undefined where it is no text at all
 */
export function detectEncoding(
  start: Uint8Array,
  whole: boolean,
): { readonly encoding: Encoding; readonly mark: boolean } | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return { encoding: 'utf-8', mark: true };
  if (start[0] === 0xff && start[1] === 0xfe) return { encoding: 'utf-16le', mark: true };
  if (start[0] === 0xfe && start[1] === 0xff) return { encoding: 'utf-16be', mark: true };
  const zeros = [0, 0];
  for (let at = 0; at < start.length; at += 1) if (start[at] === 0) zeros[at % 2]! += 1;
  const half = start.length / 2;
  if (zeros[1]! > half * 0.3 && zeros[0]! < half * 0.05) return { encoding: 'utf-16le', mark: false };
  if (zeros[0]! > half * 0.3 && zeros[1]! < half * 0.05) return { encoding: 'utf-16be', mark: false };
  if (isUtf8(start, whole)) return zeros[0]! + zeros[1]! > 0 ? undefined : { encoding: 'utf-8', mark: false };
  return isText(start) ? { encoding: 'windows-1252', mark: false } : undefined;
}

function isUtf8(bytes: Uint8Array, whole: boolean): boolean {
  try {
    // Of a longer file the last character may be cut in two; `stream` forgives just that.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
    return true;
  } catch {
    return false;
  }
}

/** Single-byte text has no control characters but tab and line breaks, and no bytes that Windows-1252 leaves undefined. */
function isText(bytes: Uint8Array): boolean {
  const undefinedBytes = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
  return !bytes.some(
    (byte) =>
      (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13) ||
      byte === 0x7f ||
      undefinedBytes.includes(byte),
  );
}
