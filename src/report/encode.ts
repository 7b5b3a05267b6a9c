/**
 * Text as bytes in the encoding that the input had, so that a row is given back byte for byte. Characters that
 * the encoding lacks become `?` (they can only be in columns of ours).
 */
export function encoderOf(encoding: string): (text: string) => Uint8Array {
  switch (encoding.toLowerCase()) {
    case 'utf-16le':
      return (text) => Buffer.from(text, 'utf16le');
    case 'utf-16be':
      return (text) => Buffer.from(text, 'utf16le').swap16();
    case 'windows-1252':
      return windows1252;
    default:
      return (text) => Buffer.from(text, 'utf8');
  }
}

/** Whether the encoding is written with a byte-order mark where the input had one. */
export const byteOrderMark = '\uFEFF';

const high = new Map<number, number>(
  // 0x80–0x9F are the only bytes in which Windows-1252 differs from Latin-1.
  Array.from(
    { length: 0x20 },
    (_, index) =>
      [
        new TextDecoder('windows-1252').decode(Uint8Array.of(0x80 + index)).codePointAt(0)!,
        0x80 + index,
      ] as const,
  ),
);

function windows1252(text: string): Uint8Array {
  const question = 0x3f;
  return Uint8Array.from(Array.from(text), (character) => {
    const code = character.codePointAt(0)!;
    return high.get(code) ?? (code <= 0xff ? code : question);
  });
}
