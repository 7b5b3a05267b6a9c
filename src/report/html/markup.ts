import { oneLine } from '../../diagnostics/neutralise.ts';

/** Markup that is known to be safe. Only `html` makes it; everything else that stands in it is text. */
export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | undefined | false | readonly Part[];

/**
 * Markup with text in it: what is put in is escaped, and what would turn or hide text is made visible. A template's own text
 * is markup.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.map((text, index) => text + rendered(parts[index])).join('') };
}

function rendered(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  return 'markup' in part ? part.markup : part.map(rendered).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute. */
export function escaped(text: string): string {
  return oneLine(text.toWellFormed()).replaceAll(/[&<>"']/gu, (character) => entities[character] ?? '');
}

/** JSON for a script element: no `<` of it can end the element or begin a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll(/[\u2028\u2029]/gu, (character) => (character === '\u2028' ? '\\u2028' : '\\u2029'));
}
