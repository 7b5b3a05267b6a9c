import {
  type CollectionTag,
  Document,
  isMap,
  isPair,
  isScalar,
  Lexer,
  type Pair,
  parseDocument,
  Scalar,
  type ScalarTag,
  type Tags,
  visit,
} from 'yaml';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { plain, playbookLimits, readDocument } from './document.ts';
import { pitfallsIn, scalarComes } from './yaml-pitfalls.ts';

/** What stands in braces and is longer is written line by line. */
const widthMax = 110;
/** Until nothing changes any more: braces that get their spaces may become too long by them. */
const passesMax = 4;

/**
 * Formats a playbook: the order of its top-level fields, two spaces of indentation, quotes around what YAML or an older YAML
 * would misread. Comments, line breaks inside of texts and the author's own kind of quotes stay; so does what it says.
 * Formatting what was formatted changes nothing.
 * @param order names of top-level fields; others stay behind those, in their own order
 * @returns the text, or what is wrong with the file's YAML
 */
export function formatYaml(file: string, text: string, order: readonly string[]): Checked<string> {
  const mended = quoted(file, text);
  const before = readDocument(file, mended);
  if (!before.ok) return before;
  const bom = mended.startsWith('\uFEFF') ? '\uFEFF' : '';
  const lineEnd = /\r?\n/u.exec(mended)?.[0] ?? '\n';
  for (const keepsLines of [true, false]) {
    const formatted = settled(mended.slice(bom.length).replaceAll('\r\n', '\n'), (now) =>
      written(now, order, keepsLines),
    );
    if (formatted === undefined) continue;
    const after = readDocument(file, formatted);
    if (!after.ok || !same(plain(before.value.root), plain(after.value.root))) continue;
    if (commentsOf(formatted) !== commentsOf(mended)) continue;
    return { ok: true, value: bom + formatted.replaceAll('\n', lineEnd), diagnostics: [] };
  }
  return { ok: false, diagnostics: [unsafe(file)] };
}

/** Plain data as YAML. */
export function yamlOf(data: unknown): string {
  return new Document(data).toString({ lineWidth: 0 });
}

/** Expressions that YAML would tear apart, put in quotes. */
function quoted(file: string, text: string): string {
  if (text.length > playbookLimits.characters) return text; // reading it says so
  let mended = text;
  for (const { start, end, text: fix } of pitfallsIn(file, text, playbookLimits).fixes.toReversed())
    mended = mended.slice(0, start) + fix + mended.slice(end);
  return mended;
}

function settled(text: string, write: (text: string) => string): string | undefined {
  let now = text;
  for (let passes = 0; passes < passesMax; passes += 1) {
    const next = write(now);
    if (next === now) return now;
    now = next;
  }
  return undefined;
}

function written(text: string, order: readonly string[], keepsLines: boolean): string {
  const document = parseDocument(text, {
    version: '1.2',
    // What YAML 1.1 takes for something else (NO, 12:30, 0o7) is written in quotes: other tools read playbooks, too.
    compat: 'yaml-1.1',
    logLevel: 'silent',
    keepSourceTokens: true,
    stringKeys: true,
    uniqueKeys: false,
    customTags: (tags: Tags) =>
      tags.map((tag) => (typeof tag === 'string' ? tag : asWritten(tag, keepsLines))),
  });
  sort(document, order);
  unfold(document, text);
  return document.toString({ indent: 2, lineWidth: 0, trailingComma: true });
}

/** What an empty line parts from the first field is said of the file, and stays at its head. */
function keepHead(document: Document, head: Scalar): void {
  const comment = head.commentBefore ?? '';
  const end = comment.lastIndexOf('\n\n');
  if (end === -1) return;
  document.commentBefore = [document.commentBefore, comment.slice(0, end)].filter(Boolean).join('\n\n');
  head.commentBefore = comment.slice(end + 2);
}

/** Known fields come in their order, each with the comment in front of it. */
function sort(document: Document, order: readonly string[]): void {
  const { contents } = document;
  if (!isMap(contents)) return;
  const head = contents.items[0]?.key;
  if (isScalar(head)) keepHead(document, head);
  const rank = ({ key }: Pair): number => {
    const index = order.indexOf(isScalar(key) ? String(key.value) : '');
    return index === -1 ? order.length : index;
  };
  const items = contents.items.filter(isPair);
  const sorted = items.toSorted((a, b) => rank(a) - rank(b));
  contents.items.splice(0, items.length, ...sorted);
  const first = sorted[0]?.key;
  if (isScalar(first)) first.spaceBefore = false;
}

/** What is too long for braces on one line becomes lines; what stays in braces is left to be one. */
function unfold(document: Document, text: string): void {
  visit(document, {
    Collection: (_, node) => {
      if (node.flow !== true || !node.range) return undefined;
      const length = text.slice(node.range[0], node.range[1]).replaceAll(/\s+/gu, ' ').length;
      if (length <= widthMax) return visit.SKIP;
      node.flow = false;
      return undefined;
    },
  });
}

type AnyTag = ScalarTag | CollectionTag;

/** Writes scalars of a tag as their author did: numbers in their form, texts with their line breaks, and never folded. */
function asWritten(tag: AnyTag, keepsLines: boolean): AnyTag {
  if (tag.collection !== undefined) return padded(tag);
  const { stringify, ...rest } = tag;
  return {
    ...rest,
    stringify: (node, context, onComment, onChompKeep) => {
      if (node.type === Scalar.PLAIN && typeof node.value !== 'string' && typeof node.source === 'string')
        return node.source;
      const kept = keepsLines ? linesKept(node, context) : undefined;
      if (kept !== undefined) return kept;
      const unfolded = { ...context, options: { ...context.options, lineWidth: 0 } };
      return stringify === undefined
        ? JSON.stringify(node.value)
        : stringify(node, unfolded, onComment, onChompKeep);
    },
  };
}

type Told = readonly [(() => void)?, (() => void)?];

/** `[a, b]` and `{ a: b }`. The library asks tags of collections, too, though its types do not say so. */
function padded(tag: CollectionTag): CollectionTag {
  const flowCollectionPadding = tag.collection === 'seq' ? '' : ' ';
  const stringify = (node: AnyCollection, context: object, ...told: Told) =>
    node.toString({ ...context, flowCollectionPadding }, ...told);
  return { ...tag, stringify } as unknown as CollectionTag;
}

interface AnyCollection {
  toString(context: object, ...told: Told): string;
}

/** A text of several lines with the breaks that its author chose, moved to where it stands now. */
function linesKept(
  { srcToken, comment }: Scalar,
  { indent }: { readonly indent: string },
): string | undefined {
  if (srcToken === undefined || !('source' in srcToken) || !srcToken.source.includes('\n')) return undefined;
  const lines = srcToken.source.split('\n');
  if (srcToken.type !== 'block-scalar')
    return lines.map((line, index) => moved(line.trim(), index === 0 ? '' : indent)).join('\n');
  const header = srcToken.props.find(({ type }) => type === 'block-scalar-header');
  if (header === undefined || !('source' in header) || !/^>-?$/u.test(header.source) || comment)
    return undefined;
  const least = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/u)));
  while (lines.at(-1)?.trim() === '') lines.pop();
  if (lines.length === 0 || lines[0]!.trim() === '') return undefined;
  return [header.source, ...lines.map((line) => moved(line.slice(least).trimEnd(), indent))].join('\n');
}

function moved(line: string, indent: string): string {
  return line === '' ? '' : indent + line;
}

/** Whether both say the same: the order of the top-level fields says nothing. */
function same(before: unknown, after: unknown): boolean {
  return ordered(before) === ordered(after);
}

function ordered(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The comments of a file, whatever their order. */
function commentsOf(text: string): string {
  const pieces = [...new Lexer().lex(text)];
  return pieces
    .filter((piece, index) => piece.startsWith('#') && pieces[index - 1] !== scalarComes)
    .map((comment) => comment.trim())
    .toSorted()
    .join('\n');
}

function unsafe(file: string): Diagnostic {
  return {
    code: 'YAML_PITFALL',
    severity: 'error',
    message: `${file} cannot be formatted without a change of what it says, or of a comment, so it was left alone`,
    help: 'move comments out of maps and lists in braces, and texts of several lines into quotes or behind |',
  };
}
