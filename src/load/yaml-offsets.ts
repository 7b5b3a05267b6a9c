/**
 * Where the characters of a scalar's value stand in its source, which quotes, escapes, folding and the indentation of
 * block scalars make different. Offsets are relative to the start of the source.
 *
 * YAML changes white space and escapes only: every other character of the value stands in the source, in its order.
 * So the two are walked side by side, which needs no second implementation of YAML's folding rules.
 * @returns a function from an index in `value` to an offset in `source`; an index beyond the end gives the end's
 */
export function sourceOffsets(
  source: string,
  value: string,
  style: 'plain' | 'single' | 'double' | 'block',
): (index: number) => number {
  let at = startOf(source, style);
  const offsets: number[] = [];
  for (let index = 0; index < value.length; index += 1) {
    const blank = isBlank(value[index]!);
    if (!blank) at = skipDropped(source, at, style);
    offsets.push(at);
    if (!blank || isBlank(source[at] ?? '') || (style === 'double' && source[at] === '\\')) {
      const written = lengthAt(source, at, style);
      // An escape such as \U0001F600 stands for two UTF-16 units: both are at its place.
      if (written === 10 && isHighSurrogate(value.charCodeAt(index))) offsets.push(at);
      if (offsets.length > index + 1) index += 1;
      at += written;
    }
  }
  const end = Math.min(at, source.length);
  return (index) => offsets[index] ?? end;
}

function startOf(source: string, style: 'plain' | 'single' | 'double' | 'block'): number {
  if (style === 'plain') return 0;
  return style === 'block' ? source.indexOf('\n') + 1 : 1;
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r';
}

/** Passes over white space, also where it is written as an escape, and line breaks that a backslash hides. */
function skipDropped(source: string, from: number, style: string): number {
  let at = from;
  while (at < source.length) {
    if (isBlank(source[at]!)) at += 1;
    else if (style === 'double' && source[at] === '\\' && /[ \r\ntnr]/u.test(source[at + 1] ?? '')) at += 2;
    else break;
  }
  return at;
}

/** How many characters of the source one character of the value takes. */
function lengthAt(source: string, at: number, style: string): number {
  if (style === 'single') return source.startsWith("''", at) ? 2 : 1;
  if (style !== 'double' || source[at] !== '\\') return 1;
  const long: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };
  return long[source[at + 1] ?? ''] ?? 2;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
