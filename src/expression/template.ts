import type { Problem } from './expression.ts';

/** A piece of a text: as it is, or an expression with the offset of its own text. */
export type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'expression'; readonly source: string; readonly offset: number };

export type Split =
  | { readonly ok: true; readonly parts: readonly Part[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Splits a text at its `${{ … }}`. `}}` inside quotes, comments and map literals belongs to the expression; `$${{`
 * stands for a literal `${{`.
 */
export function splitText(text: string): Split {
  const parts: Part[] = [];
  let literal = '';
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('${{', at);
    if (open === -1) {
      literal += text.slice(at);
      break;
    }
    if (open > at && text[open - 1] === '$') {
      literal += `${text.slice(at, open - 1)}\${{`;
      at = open + 3;
      continue;
    }
    const end = endOf(text, open + 3);
    if (end === undefined) return unclosed(open, text);
    literal += text.slice(at, open);
    if (literal !== '') parts.push({ type: 'text', text: literal });
    literal = '';
    const inside = text.slice(open + 3, end);
    const lead = inside.length - inside.trimStart().length;
    parts.push({ type: 'expression', source: inside.trim(), offset: open + 3 + lead });
    at = end + 2;
  }
  if (literal !== '') parts.push({ type: 'text', text: literal });
  return { ok: true, parts };
}

function unclosed(offset: number, text: string): Split {
  const message = 'the expression is not closed with }}';
  return { ok: false, problems: [{ kind: 'syntax', message, offset, length: text.length - offset }] };
}

/** A string of CEL (raw, triple-quoted or plain) or a comment, from where it starts. */
const passedOver =
  /[bB]?[rR][bB]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')|"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\/\/(?:(?!\}\})[^\n])*|[A-Za-z_]\w*/uy;

/** The offset of the `}}` that closes an expression. */
function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    passedOver.lastIndex = at;
    const whole = passedOver.exec(text);
    if (whole !== null) {
      at += whole[0].length;
      continue;
    }
    const character = text[at]!;
    // A quote that nothing closes: no `}}` behind it can be trusted.
    if (character === '"' || character === "'") return undefined;
    if (character === '{') depth += 1;
    else if (character === '}') {
      if (depth > 0) depth -= 1;
      else if (text[at + 1] === '}') return at;
    }
    at += 1;
  }
  return undefined;
}
