import {
  type Alias,
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  Parser,
  Scalar,
  type YAMLError,
  type Document as YamlDocument,
} from 'yaml';
import type { At, Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { sourceOffsets } from './yaml-offsets.ts';
import { pitfallsIn, type YamlLimits } from './yaml-pitfalls.ts';

/** A YAML file as a tree in which every node knows its place. */
export interface Document {
  readonly file: string;
  readonly text: string;
  readonly root: Node;
}

export type Node = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly type: 'map';
  readonly entries: readonly { readonly key: string; readonly keyAt: At; readonly value: Node }[];
  readonly at: At;
}

export interface ListNode {
  readonly type: 'list';
  readonly items: readonly Node[];
  readonly at: At;
}

export interface ScalarNode {
  readonly type: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it was written, without quotes. */
  readonly text: string;
  readonly style: 'plain' | 'single' | 'double' | 'block';
  readonly at: At;
  /** Offset in the file where the text itself begins. */
  readonly valueOffset: number;
  /** Offset in the file of a character of `value`, for places inside expressions. */
  offsetOf(index: number): number;
}

const mebi = 1024 * 1024;
/** Playbooks are written by hand; data belongs into the input. */
export const playbookLimits: YamlLimits = { characters: mebi, pieces: 50_000 };
/** A list of records; more is better kept as CSV or NDJSON, which are read line by line. */
export const listLimits: YamlLimits = { characters: 4 * mebi, pieces: 200_000 };
const depthMax = 64;
const aliasesMax = 50;
const nodesMax = 100_000;
/** More than this of one file helps nobody. */
const problemsMax = 100;

/**
 * Reads one YAML 1.2 document. All that is wrong with it is reported at once; nothing is judged but its YAML. Places
 * count from the file's very start, a byte-order mark included.
 * @param file name for places
 */
export function readDocument(file: string, text: string, limits = playbookLimits): Checked<Document> {
  if (text.length > limits.characters) return failed([tooLarge(file, limits)]);
  const pitfalls = pitfallsIn(file, text, limits);
  if (pitfalls.beyond !== undefined) return failed([pitfalls.beyond]);
  const [document, second] = parse(pitfalls.pieces, text.length);
  const diagnostics = [...pitfalls.diagnostics];
  for (const error of [...(document?.errors ?? []), ...(document?.warnings ?? [])].slice(0, problemsMax))
    diagnostics.push(yamlError(file, text, error));
  if (second !== undefined)
    diagnostics.push(
      problem(
        'YAML_SYNTAX',
        'the file holds more than one YAML document',
        { file, offset: second.range[0], length: 3 },
        'keep one playbook a file',
      ),
    );
  if (document?.contents == null) {
    if (diagnostics.length === 0)
      diagnostics.push(problem('YAML_SYNTAX', 'the file is empty', { file, offset: 0, length: 1 }));
    return failed(diagnostics);
  }
  const builder = new TreeBuilder(file, text, document, diagnostics);
  const root = builder.node(document.contents, 0);
  return diagnostics.length > 0
    ? failed(diagnostics)
    : { ok: true, value: { file, text, root }, diagnostics: [] };
}

/** The file as a whole is more than is read; `limits` are those of playbooks unless said. */
export function tooLarge(file: string, limits = playbookLimits): Diagnostic {
  const message = `the file is larger than ${limits.characters / mebi} MiB`;
  return problem(
    'YAML_LIMIT',
    message,
    { file, offset: 0, length: 1 },
    limits === playbookLimits
      ? 'move data into an input file'
      : 'save it as CSV or NDJSON, which may have any size',
  );
}

/** A node as plain data. */
export function plain(node: Node): unknown {
  if (node.type === 'scalar') return node.value;
  if (node.type === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

/** What is beyond a limit was not read: all else that is said of it would confuse. */
function failed(diagnostics: readonly Diagnostic[]): Checked<Document> {
  const limits = diagnostics.filter(({ code }) => code === 'YAML_LIMIT');
  const told = limits.length > 0 ? limits.slice(-1) : diagnostics.slice(0, problemsMax);
  return { ok: false, diagnostics: told.toSorted((a, b) => a.at!.offset - b.at!.offset) };
}

function problem(code: Diagnostic['code'], message: string, at: At, help?: string): Diagnostic {
  return { code, severity: 'error', message, at, ...(help === undefined ? {} : { help }) };
}

/** The first document, and the second where there is one; the rest of the file is not read then. */
function parse(pieces: readonly string[], length: number): readonly YamlDocument.Parsed[] {
  // `uniqueKeys` compares each key with each; TreeBuilder finds doubles, with both places, in one go.
  const composer = new Composer({ stringKeys: true, version: '1.2', logLevel: 'silent', uniqueKeys: false });
  const documents: YamlDocument.Parsed[] = [];
  for (const document of composer.compose(tokens(pieces), true, length)) {
    documents.push(document as YamlDocument.Parsed);
    if (documents.length === 2) break;
  }
  return documents;
}

function* tokens(pieces: readonly string[]): Generator<CST.Token> {
  const parser = new Parser();
  for (const piece of pieces) yield* parser.next(piece);
  yield* parser.end();
}

/** The parser's errors that deserve a code or words of ours. */
const known: Readonly<
  Record<string, { readonly code: Diagnostic['code']; readonly message?: string; readonly help?: string }>
> = {
  RESOURCE_EXHAUSTION: { code: 'YAML_LIMIT', message: `nested deeper than ${depthMax} levels` },
  TAG_RESOLVE_FAILED: { code: 'YAML_PITFALL', help: 'remove the tag, or put the value in quotes' },
  TAB_AS_INDENT: { code: 'YAML_PITFALL', message: 'a tab in the indentation', help: 'indent with spaces' },
  NON_STRING_KEY: {
    code: 'YAML_PITFALL',
    message: 'a key must be a plain word',
    help: 'put it in quotes',
  },
};

function yamlError(file: string, text: string, error: YAMLError): Diagnostic {
  const [found, end] = error.pos;
  // What is missing at the end is said of a place behind it, and of covered pitfalls even further.
  const start = Math.min(found, text.length);
  const lineEnd = text.indexOf('\n', start) === -1 ? text.length : text.indexOf('\n', start);
  const at = { file, offset: start, length: Math.max(1, Math.min(end, lineEnd) - start) };
  const { code = 'YAML_SYNTAX', message = inOurStyle(error.message), help } = known[error.code] ?? {};
  return problem(code, message, at, help);
}

function inOurStyle(message: string): string {
  const bare = message
    .replace(/ at line \d+.*$/su, '')
    .replace(/closing (["'])quote/u, 'closing $1')
    .replace(/[.:]?\s*$/u, '');
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}

type AnyPair = Pair<ParsedNode, ParsedNode | null>;

/** Turns the parser's nodes into ours, with places; collects what YAML allows and a playbook must not have. */
class TreeBuilder {
  readonly #file: string;
  readonly #text: string;
  readonly #document: YamlDocument.Parsed;
  readonly #diagnostics: Diagnostic[];
  #aliases = 0;
  #nodes = 0;
  #beyondLimits = false;

  constructor(file: string, text: string, document: YamlDocument.Parsed, diagnostics: Diagnostic[]) {
    this.#file = file;
    this.#text = text;
    this.#document = document;
    this.#diagnostics = diagnostics;
  }

  node(node: ParsedNode, depth: number): Node {
    const at = this.#at(node);
    this.#nodes += 1;
    if (depth > depthMax) return this.#beyond(`nested deeper than ${depthMax} levels`, at);
    if (this.#nodes > nodesMax) return this.#beyond(`more than ${nodesMax} values`, at);
    if (isAlias(node)) return this.#alias(node, at, depth);
    if (isMap(node))
      return { type: 'map', entries: this.#entries(node.items as readonly AnyPair[], depth), at };
    if (isSeq(node))
      return { type: 'list', items: node.items.map((item) => this.node(item as ParsedNode, depth + 1)), at };
    return this.#scalar(node as Scalar.Parsed, at);
  }

  #beyond(message: string, at: At): Node {
    if (!this.#beyondLimits) this.#diagnostics.push(problem('YAML_LIMIT', message, at));
    this.#beyondLimits = true;
    return this.#empty(at.offset);
  }

  #alias(node: Alias.Parsed, at: At, depth: number): Node {
    this.#aliases += 1;
    if (this.#aliases > aliasesMax) return this.#beyond(`more than ${aliasesMax} aliases`, at);
    const target = node.resolve(this.#document);
    if (target !== undefined) return this.node(target as ParsedNode, depth + 1);
    this.#diagnostics.push(problem('YAML_SYNTAX', `the alias *${node.source} names no anchor`, at));
    return this.#empty(at.offset);
  }

  #entries(pairs: readonly AnyPair[], depth: number): MapNode['entries'] {
    const first = new Map<string, At>();
    const entries: MapNode['entries'][number][] = [];
    for (const { key: keyNode, value } of pairs) {
      if (!isScalar(keyNode)) continue; // the parser has said that keys are plain words
      const key = String(keyNode.value);
      const keyAt = this.#at(keyNode as Scalar.Parsed);
      this.#judgeKey(key, keyAt, first.get(key));
      if (!first.has(key)) first.set(key, keyAt);
      const after = keyAt.offset + keyAt.length;
      entries.push({ key, keyAt, value: value === null ? this.#empty(after) : this.node(value, depth + 1) });
    }
    return entries;
  }

  #judgeKey(key: string, at: At, first: At | undefined): void {
    if (key === '__proto__')
      this.#diagnostics.push(
        problem('YAML_PITFALL', "no field can be named '__proto__'", at, 'give it another name'),
      );
    else if (key === '<<')
      this.#diagnostics.push(
        problem('YAML_PITFALL', 'merge keys (<<) are not part of YAML 1.2', at, 'write the fields out'),
      );
    else if (first !== undefined)
      this.#diagnostics.push({
        ...problem('YAML_DUPLICATE_KEY', `the key '${key}' occurs twice`, at),
        related: [{ message: 'it is used first here', at: first }],
      });
  }

  #scalar(node: Scalar.Parsed, at: At): ScalarNode {
    const style = styleOf(node);
    const source = this.#text.slice(node.range[0], node.range[1]);
    const { value } = node;
    // Most scalars are never asked where their characters stand.
    let offsets: ((index: number) => number) | undefined;
    const offsetOf = (index: number) => {
      offsets ??= sourceOffsets(source, typeof value === 'string' ? value : source, style);
      return at.offset + offsets(index);
    };
    return {
      type: 'scalar',
      value:
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null,
      text: typeof node.source === 'string' ? node.source : source,
      style,
      at,
      get valueOffset() {
        return offsetOf(0);
      },
      offsetOf,
    };
  }

  #empty(offset: number): ScalarNode {
    return {
      type: 'scalar',
      value: null,
      text: '',
      style: 'plain',
      at: { file: this.#file, offset, length: 0 },
      valueOffset: offset,
      offsetOf: () => offset,
    };
  }

  #at(node: ParsedNode): At {
    const [start, end] = node.range;
    return {
      file: this.#file,
      offset: start,
      length: Math.max(0, this.#text.slice(start, end).trimEnd().length),
    };
  }
}

function styleOf(node: Scalar.Parsed): ScalarNode['style'] {
  switch (node.type) {
    case Scalar.QUOTE_DOUBLE:
      return 'double';
    case Scalar.QUOTE_SINGLE:
      return 'single';
    case Scalar.BLOCK_LITERAL:
    case Scalar.BLOCK_FOLDED:
      return 'block';
    default:
      return 'plain';
  }
}
