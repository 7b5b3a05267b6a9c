import type { Problem } from './compile.ts';

/** A piece of a text: as it is, or an expression with the offset of its own text. */
export type Part = { readonly type: 'text'; readonly text: string } | { readonly type: 'expression'; readonly source: string; readonly offset: number };

export type Split = { readonly ok: true; readonly parts: readonly Part[] } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Splits a text at its `${{ … }}`. `}}` inside quotes belongs to the expression; `$${{` stands for a literal `${{`.
 */
export function splitText(text: string): Split {
  const parts: Part[] = [];
  let literal = '';
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('$${{', at)) {
      literal += '${{';
      at += 4;
    } else if (text.startsWith('${{', at)) {
      const end = endOf(text, at + 3);
      if (end === undefined) return { ok: false, problems: [{ kind: 'syntax', message: 'the expression is not closed with }}', offset: at, length: text.length - at }] };
      if (literal !== '') parts.push({ type: 'text', text: literal });
      literal = '';
      const inside = text.slice(at + 3, end);
      const lead = inside.length - inside.trimStart().length;
      parts.push({ type: 'expression', source: inside.trim(), offset: at + 3 + lead });
      at = end + 2;
    } else {
      literal += text[at];
      at += 1;
    }
  }
  if (literal !== '') parts.push({ type: 'text', text: literal });
  return { ok: true, parts };
}

/** The offset of the `}}` that closes an expression; braces of map literals and quotes are passed over. */
function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  let quote = '';
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      if (depth > 0) depth -= 1;
      else if (text[at + 1] === '}') return at;
    }
  }
  return undefined;
}
