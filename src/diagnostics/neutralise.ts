/** What moves, hides or rewrites on a terminal: controls, line separators, and marks that turn the direction of text. */
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu;

/** Colours and weights as we set them ourselves; not those that hide text or paint its background. */
const ownStyle = /^\u001B\[(?:[0-4]|2[234]|3[0-79]|9[0-7])m/u;

/** Characters without width. Agents compare by culture, which passes over them wherever they stand. */
const none = '[\\p{Default_Ignorable_Code_Point}\\p{Cf}]*';

/** `##vso[`, `##[`, `##teamcity[`: obeyed wherever they stand. */
const anywhere = new RegExp(`#(${none})#(?=${none}(?:[a-z]${none}){0,20}\\[)`, 'giu');

/** `::error`: obeyed at the start of a line. */
const atStart = new RegExp(`^((?:[^\\S\\n]|${none.slice(0, -1)})*):(?=${none}:)`, 'gmu');

/**
 * Text that is about to be printed, made safe: control characters become visible, and what CI agents would obey as
 * commands (`##vso[`, `##[` anywhere, `::` at the start of a line) is broken up by a space. A character without
 * width would not do: agents compare by culture, which passes over such characters. Our own colours and line breaks
 * stay.
 */
export function neutralise(text: string): string {
  return text
    .replaceAll(controls, (character, offset: number) =>
      character === '\u001B' && ownStyle.test(text.slice(offset, offset + 6))
        ? character
        : visible(character),
    )
    .replaceAll(anywhere, '#$1 #')
    .replaceAll(atStart, '$1: ');
}

/** Text from a file or from the service, before it stands among our colours: none of its own styles stays. */
export function neutraliseForeign(text: string): string {
  return neutralise(text.replaceAll('\u001B', visible('\u001B')));
}

/** The same for what stands within a line: names and values may hold line breaks, and must not begin one. */
export function oneLine(text: string): string {
  return neutraliseForeign(text).replaceAll('\n', '\\n');
}

/**
 * JSON that is about to be printed, with the same values: what a terminal or a CI agent would obey stands as escapes.
 * A line of JSON never begins with `::`.
 */
export function printedJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent)
    .replaceAll(controls, escaped)
    .replaceAll(anywhere, (found) => found.replaceAll('#', escaped));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `\x1b` and the like. */
function visible(character: string): string {
  const code = character.codePointAt(0)!;
  return code > 0xff
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\x${code.toString(16).padStart(2, '0')}`;
}
