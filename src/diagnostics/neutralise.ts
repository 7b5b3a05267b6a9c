/**
 * Text that comes from files or from the service, made safe to print: control characters become visible, and what
 * CI agents would obey as commands (`##vso[`, `##[`, `::error` at the start of a line) is broken up. Our own
 * colours (SGR sequences) and line breaks stay.
 */
export function neutralise(text: string): string {
  return text
    .replaceAll(
      /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu,
      (character, offset: number) =>
        character === '\u001B' && /^\u001B\[[\d;]*m/u.test(text.slice(offset, offset + 16))
          ? character
          : visible(character),
    )
    .replaceAll(/##(?=vso\[|\[)/gu, '#\u200B#')
    .replaceAll(/^(\s*):(?=:)/gmu, '$1:\u200B');
}

/** `\x1b` and the like. */
function visible(character: string): string {
  const code = character.codePointAt(0)!;
  return code > 0xff
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\x${code.toString(16).padStart(2, '0')}`;
}
