import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  parseAllDocuments,
  Scalar,
  type YAMLError,
  type Document as YamlDocument,
} from 'yaml';
import type { At, Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { sourceOffsets } from './yaml-offsets.ts';
import { pitfallsIn } from './yaml-pitfalls.ts';

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

/** Playbooks are written by hand; data belongs into the input. */
const charactersMax = 4 * 1024 * 1024;
const depthMax = 64;
const aliasesMax = 50;

/**
 * Reads one YAML 1.2 document. All that is wrong with it is reported at once; nothing is judged but its YAML.
 * @param file name for places
 */
export function readDocument(file: string, text: string): Checked<Document> {
  if (text.length > charactersMax)
    return failed([
      problem(
        'YAML_LIMIT',
        `the file is larger than ${charactersMax / 1024 / 1024} MiB`,
        { file, offset: 0, length: 1 },
        'move data into an input file',
      ),
    ]);
  const early = pitfallsIn(file, text);
  const parsed = parse(text);
  if (parsed === undefined)
    return failed([problem('YAML_LIMIT', 'the file is nested too deeply', { file, offset: 0, length: 1 })]);
  const [document, second] = parsed;
  const diagnostics = [
    ...early,
    ...(document?.errors ?? []).flatMap((error) => yamlError(file, text, error, early)),
    ...(document?.warnings ?? []).flatMap((warning) => yamlError(file, text, warning, early)),
  ];
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

function failed(diagnostics: readonly Diagnostic[]): Checked<Document> {
  return { ok: false, diagnostics };
}

function problem(code: Diagnostic['code'], message: string, at: At, help?: string): Diagnostic {
  return { code, severity: 'error', message, at, ...(help === undefined ? {} : { help }) };
}

function parse(text: string): readonly YamlDocument.Parsed[] | undefined {
  try {
    const documents = parseAllDocuments(text, {
      stringKeys: true,
      prettyErrors: false,
      version: '1.2',
      logLevel: 'silent',
      uniqueKeys: true,
    });
    return Array.isArray(documents) ? (documents as readonly YamlDocument.Parsed[]) : [];
  } catch {
    return undefined; // only depth makes the parser throw
  }
}

const codeOf: Readonly<Record<string, Diagnostic['code']>> = {
  DUPLICATE_KEY: 'YAML_DUPLICATE_KEY',
  RESOURCE_EXHAUSTION: 'YAML_LIMIT',
  TAG_RESOLVE_FAILED: 'YAML_PITFALL',
};

/** The parser's own errors; after a pitfall that was explained they are its consequences, and only confuse. */
function yamlError(
  file: string,
  text: string,
  error: YAMLError,
  explained: readonly Diagnostic[],
): readonly Diagnostic[] {
  const [start, end] = error.pos;
  const lineEnd = text.indexOf('\n', start) === -1 ? text.length : text.indexOf('\n', start);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  if (
    codeOf[error.code] === undefined &&
    explained.some(({ at }) => at !== undefined && at.offset <= lineEnd)
  )
    return [];
  if (explained.some(({ at }) => at !== undefined && at.offset >= lineStart && at.offset <= lineEnd))
    return [];
  const message = error.message.replace(/ at line \d+.*$/su, '').replace(/[.:]?\s*$/u, '');
  return [
    problem(codeOf[error.code] ?? 'YAML_SYNTAX', lowerFirst(message), {
      file,
      offset: start,
      length: Math.max(1, Math.min(end, lineEnd) - start),
    }),
  ];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Turns the parser's nodes into ours, with places; collects what YAML allows and a playbook must not have. */
class TreeBuilder {
  readonly #file: string;
  readonly #text: string;
  readonly #document: YamlDocument.Parsed;
  readonly #diagnostics: Diagnostic[];
  #aliases = 0;

  constructor(file: string, text: string, document: YamlDocument.Parsed, diagnostics: Diagnostic[]) {
    this.#file = file;
    this.#text = text;
    this.#document = document;
    this.#diagnostics = diagnostics;
  }

  node(node: ParsedNode | null, depth: number): Node {
    if (node === null) return this.#empty(0);
    const at = this.#at(node);
    if (depth > depthMax) {
      this.#diagnostics.push(problem('YAML_LIMIT', `nested deeper than ${depthMax} levels`, at));
      return this.#empty(at.offset);
    }
    if (isAlias(node)) return this.#alias(node, at, depth);
    if (isMap(node))
      return {
        type: 'map',
        entries: node.items.flatMap((pair) =>
          this.#entry(pair as Pair<ParsedNode, ParsedNode | null>, depth),
        ),
        at,
      };
    if (isSeq(node))
      return { type: 'list', items: node.items.map((item) => this.node(item as ParsedNode, depth + 1)), at };
    return this.#scalar(node as Scalar.Parsed, at);
  }

  #alias(node: ParsedNode, at: At, depth: number): Node {
    this.#aliases += 1;
    const target = isAlias(node) ? node.resolve(this.#document) : undefined;
    if (this.#aliases <= aliasesMax && target !== undefined)
      return this.node(target as ParsedNode, depth + 1);
    if (this.#aliases === aliasesMax + 1)
      this.#diagnostics.push(problem('YAML_LIMIT', `more than ${aliasesMax} aliases`, at));
    if (target === undefined) this.#diagnostics.push(problem('YAML_SYNTAX', 'the alias names no anchor', at));
    return this.#empty(at.offset);
  }

  #entry(pair: Pair<ParsedNode, ParsedNode | null>, depth: number): MapNode['entries'] {
    const keyAt = this.#at(pair.key);
    if (!isScalar(pair.key)) {
      this.#diagnostics.push(
        problem(
          'YAML_PITFALL',
          'a key must be a plain word',
          keyAt,
          'put a value that begins with { or [ in quotes',
        ),
      );
      return [];
    }
    const key = String(pair.key.value);
    if (key === '<<')
      this.#diagnostics.push(
        problem('YAML_PITFALL', 'merge keys (<<) are not part of YAML 1.2', keyAt, 'write the fields out'),
      );
    return [
      {
        key,
        keyAt,
        value:
          pair.value === null ? this.#empty(keyAt.offset + keyAt.length) : this.node(pair.value, depth + 1),
      },
    ];
  }

  #scalar(node: Scalar.Parsed, at: At): ScalarNode {
    const style = styleOf(node);
    const source = this.#text.slice(node.range[0], node.range[1]);
    const { value } = node;
    const offsets = sourceOffsets(source, style);
    const shown = typeof value === 'bigint' ? Number(value) : value;
    return {
      type: 'scalar',
      value:
        typeof shown === 'string' || typeof shown === 'number' || typeof shown === 'boolean' ? shown : null,
      text: typeof node.source === 'string' ? node.source : source,
      style,
      at,
      valueOffset: at.offset + offsets(0),
      offsetOf: (index) => at.offset + offsets(index),
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
