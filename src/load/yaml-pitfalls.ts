import { Lexer } from 'yaml';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';

/** What a part of the text should be written as. */
export interface Fix {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Pitfalls {
  readonly diagnostics: readonly Diagnostic[];
  /** Expressions with the quotes that they need, in their order; of other pitfalls nobody knows what was meant. */
  readonly fixes: readonly Fix[];
  /**
   * What the parser is to read: the lexer's pieces of the text. Where there are pitfalls, each is covered by harmless
   * letters, so that what the parser finds is something else.
   */
  readonly pieces: readonly string[];
  /** Set where the file is more than the parser shall be asked to read: nothing else is known of it then. */
  readonly beyond?: Diagnostic;
}

/** How much of YAML is read. The parser takes some 50 µs for each piece, and as long for each escape that is none. */
export interface YamlLimits {
  readonly characters: number;
  /** Words, marks, line breaks: what YAML's lexer tells apart. */
  readonly pieces: number;
}

const depthMax = 64;
const escapesMax = 10_000;

/** What YAML's lexer puts between the pieces of the text: they take no room in it. */
export const scalarComes = '\u001F';
const marks: ReadonlySet<string> = new Set(['\u0002', '\u0018']);

/**
 * What YAML reads differently from what an author of expressions means. It is found in the pieces that YAML's own
 * lexer sees, since the parser would say something else about it, or nothing.
 */
export function pitfallsIn(file: string, text: string, limits: YamlLimits): Pitfalls {
  const finder = new Finder(file, text);
  const meter = new Meter(file, limits);
  let scalar = false;
  const pieces: string[] = [];
  for (const piece of new Lexer().lex(text)) {
    const beyond = meter.take(piece, scalar);
    if (beyond !== undefined) return { diagnostics: [], fixes: [], pieces: [], beyond };
    pieces.push(piece);
    if (!scalar && marks.has(piece)) continue;
    if (!scalar && piece === scalarComes) {
      scalar = true;
      continue;
    }
    finder.look(piece, scalar);
    scalar = false;
  }
  const { diagnostics, fixes } = finder;
  return {
    diagnostics,
    fixes,
    pieces: diagnostics.length === 0 ? pieces : [...new Lexer().lex(finder.covered())],
  };
}

/** Counts what the parser would have to work on, before it does: it has no limits of its own but of depth. */
class Meter {
  readonly #file: string;
  readonly #limits: YamlLimits;
  #offset = 0;
  #pieces = 0;
  #depth = 0;
  #escapes = 0;

  constructor(file: string, limits: YamlLimits) {
    this.#file = file;
    this.#limits = limits;
  }

  /** @returns what is too much, where it is */
  take(piece: string, scalar: boolean): Diagnostic | undefined {
    if (!scalar && (marks.has(piece) || piece === scalarComes)) return undefined;
    const at = { file: this.#file, offset: this.#offset, length: 1 };
    this.#offset += piece.length;
    this.#pieces += 1;
    if (piece.startsWith('"')) this.#escapes += piece.split('\\').length - 1;
    else if (!scalar && (piece === '[' || piece === '{')) this.#depth += 1;
    else if (!scalar && (piece === ']' || piece === '}')) this.#depth = Math.max(0, this.#depth - 1);
    const message =
      this.#depth > depthMax
        ? `nested deeper than ${depthMax} levels`
        : this.#pieces > this.#limits.pieces
          ? `more than ${this.#limits.pieces} words and marks`
          : this.#escapes > escapesMax
            ? `more than ${escapesMax} escapes`
            : undefined;
    return message === undefined ? undefined : { code: 'YAML_LIMIT', severity: 'error', message, at };
  }
}

class Finder {
  readonly diagnostics: Diagnostic[] = [];
  readonly fixes: Fix[] = [];
  readonly #file: string;
  readonly #text: string;
  readonly #covers: { readonly start: number; readonly end: number }[] = [];
  #offset = 0;
  /** Pieces before this offset belong to a pitfall that was told. */
  #toldUntil = 0;
  #block = false;
  #scalarAt = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  look(piece: string, scalar: boolean): void {
    const at = this.#offset;
    this.#offset += piece.length;
    if (scalar) this.#scalarAt = at;
    if (at < this.#toldUntil) return;
    if (scalar && !this.#block) this.#plain(piece, at);
    else if (!scalar && piece === '{' && this.#text[at + 1] === '{') this.#braces(at);
    else if (!scalar && piece.startsWith('%YAML') && !/^%YAML\s+1\.2\b/u.test(piece))
      this.#directive(piece, at);
    if (scalar) this.#block = false;
    else if (piece.startsWith('|') || piece.startsWith('>')) this.#block = true;
  }

  /** A plain scalar that YAML ended inside of an expression: at `: `, or at ` #`. */
  #plain(piece: string, at: number): void {
    const opened = piece.lastIndexOf('${{');
    if (opened === -1 || expressionEnd(this.#text, at + opened) <= at + piece.length) return;
    const rest = this.#text.slice(at + piece.length, at + piece.length + 200);
    if (/^\s*:(?=\s|$)/u.test(rest))
      this.#quote(
        at,
        at + opened,
        'an expression that holds ": " must be in quotes, or YAML takes it for a map',
      );
    else if (/^[ \t]+#/u.test(rest))
      this.#quote(
        at,
        at + opened,
        'an expression that holds " #" must be in quotes, or YAML takes the rest for a comment',
      );
  }

  /** `{{` where YAML sees two maps: of an expression inside `{ }` or `[ ]`, or without its `$`. */
  #braces(at: number): void {
    if (this.#text[at - 1] === '$')
      return this.#quote(this.#scalarAt, at - 1, 'an expression inside { } or [ ] must be in quotes', true);
    const [braces] = /^\{\{[^{}\n]*\}\}/u.exec(this.#text.slice(at, at + 500)) ?? [];
    if (braces === undefined || /[:,"]/u.test(braces)) return;
    this.#tell(
      at,
      at + braces.length,
      '{{ }} is a map to YAML',
      `write '\${{ ${braces.slice(2, -2).trim()} }}'`,
    );
  }

  #quote(from: number, expressionAt: number, message: string, flow = false): void {
    const closed = expressionEnd(this.#text, expressionAt);
    const after = (flow ? /^[^,{}[\]\n]*/u : /^(?:(?! #)[^\n])*/u).exec(
      this.#text.slice(closed, closed + 500),
    );
    const end = closed + (after?.[0].trimEnd().length ?? 0);
    const source = this.#text.slice(from, end).replaceAll(/\s*\n\s*/gu, ' ');
    const text = `'${source.replaceAll("'", "''")}'`;
    this.#tell(from, end, message, `write ${text}`);
    this.fixes.push({ start: from, end, text });
  }

  #directive(piece: string, at: number): void {
    this.#tell(
      at,
      at + piece.length,
      'playbooks are YAML 1.2; an older %YAML directive makes NO a boolean and 010 the number 8',
      'remove the directive',
    );
    this.#covers.pop();
  }

  #tell(start: number, end: number, message: string, help: string): void {
    const at = { file: this.#file, offset: start, length: end - start };
    this.diagnostics.push({ code: 'YAML_PITFALL', severity: 'error', message, at, help });
    this.#covers.push({ start, end });
    this.#toldUntil = end;
  }

  covered(): string {
    let from = 0;
    const pieces: string[] = [];
    for (const { start, end } of this.#covers) {
      pieces.push(this.#text.slice(from, start), this.#text.slice(start, end).replaceAll(/\S/gu, 'x'));
      from = end;
    }
    return pieces.join('') + this.#text.slice(from);
  }
}

/** An expression that is longer was probably never closed. */
const expressionMax = 4_000;

/** Offset after the `}}` of the expression that begins at `at`, or of its line's end where it has none. */
function expressionEnd(text: string, at: number): number {
  let quote = '';
  for (let here = at + 3; here < Math.min(text.length, at + expressionMax); here += 1) {
    const character = text[here]!;
    if (quote !== '') {
      if (character === '\\') here += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (text.startsWith('}}', here)) return here + 2;
  }
  const lineEnd = text.indexOf('\n', at);
  return lineEnd === -1 ? text.length : lineEnd;
}
