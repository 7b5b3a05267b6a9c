import fc from 'fast-check';

/** Pieces of text that have broken something somewhere. */
export const nastyPieces = [
  '',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\u0007',
  '\u001B[2J',
  '\u001B]0;title\u0007',
  '\u0085',
  '\u2028',
  '\u202Eabc',
  '\u2066',
  '\uFEFF',
  '\uD800',
  '\uDC00x',
  '\u{1F600}',
  '\u200B',
  '##vso[task.setvariable variable=x]y',
  '##[error]x',
  '::error::x',
  '\n::add-mask::x',
  '=1+1',
  '@SUM(A1)',
  '+cmd|x',
  '-2+3',
  '"',
  "'",
  '\\',
  '%',
  '%zz',
  '%00',
  '../../etc/passwd',
  'C:\\x',
  '/dev/null',
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  '${{ ',
  ' }}',
  '{{',
  '[',
  ']',
  '{',
  '}',
  ',',
  ';',
  ': ',
  '- ',
  '#',
  '&a ',
  '*a ',
  '!x ',
  '|',
  '>',
  '<<',
  '---',
  'null',
  'true',
  'NaN',
  '1e999',
  '-0',
  '9007199254740993',
  '9'.repeat(400),
  'a'.repeat(5_000),
  '('.repeat(200),
  '['.repeat(300),
] as const;

export const nastyText = fc
  .array(fc.constantFrom(...nastyPieces), { maxLength: 5 })
  .map((parts) => parts.join(''));

/** A text with pieces taken out, doubled, moved and put in. */
export function mutated(original: string): fc.Arbitrary<string> {
  const change = fc.tuple(
    fc.constantFrom('cut', 'put', 'double', 'flip'),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(60),
    fc.constantFrom(...nastyPieces),
  );
  return fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
    let text = original;
    for (const [how, where, length, piece] of changes) {
      const at = Math.floor(where * text.length);
      const rest = text.slice(at + length);
      if (how === 'cut') text = text.slice(0, at) + rest;
      else if (how === 'put') text = text.slice(0, at) + piece + text.slice(at);
      else if (how === 'double') text = text.slice(0, at + length) + text.slice(at);
      else
        text =
          text.slice(0, at) +
          String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << (length % 8))) +
          text.slice(at + 1);
    }
    return text;
  });
}

/** Bytes with some of them changed, cut out or doubled. */
export function mutatedBytes(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(
    fc.constantFrom('cut', 'set', 'double'),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 1, max: 40 }),
    fc.nat(255),
  );
  return fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
    let bytes = Buffer.from(original);
    for (const [how, where, length, byte] of changes) {
      const at = Math.floor(where * bytes.length);
      if (how === 'set') bytes[at] = byte;
      else if (how === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
      else bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    }
    return bytes;
  });
}

const anything = fc.oneof(
  nastyText,
  fc.integer(),
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e308,
    [],
    {},
    [[]],
    { toString: 1, valueOf: 2 },
    JSON.parse('{"__proto__":{"x":1}}'),
  ),
);

/** A JSON value with some of its values, names and lists replaced by what nobody expects there. */
export function mutatedJson(original: unknown): fc.Arbitrary<unknown> {
  const change = fc.tuple(
    fc.nat(1_000),
    fc.constantFrom('value', 'drop', 'rename', 'wrap', 'repeat'),
    anything,
    nastyText,
  );
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const copy = structuredClone({ root: original }) as Record<string, unknown>;
    for (const [pick, how, value, name] of changes) {
      const places = placesIn(copy);
      const place = places[pick % places.length]!;
      changeAt(place, how, value, name);
    }
    return copy.root;
  });
}

type Place = readonly [owner: Record<string, unknown>, name: string];

function placesIn(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]): readonly Place[] => [
    [value as Record<string, unknown>, name],
    ...placesIn(inner),
  ]);
}

function changeAt([owner, name]: Place, how: string, value: unknown, other: string): void {
  const before = owner[name];
  if (how === 'drop' && name !== 'root') delete owner[name];
  else if (how === 'rename' && name !== 'root' && !Array.isArray(owner)) {
    delete owner[name];
    Object.defineProperty(owner, other, {
      value: before,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else if (how === 'wrap') owner[name] = [before];
  else if (how === 'repeat' && Array.isArray(before)) owner[name] = [...before, ...before];
  else owner[name] = value;
}
