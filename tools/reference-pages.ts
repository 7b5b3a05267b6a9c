/** The reference under docs/operations/, made from the catalogue: an index, and a page a resource. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { loadOperations } from '../src/operations/read.ts';
import { indexMarkdown, type ResourcePage, resourceMarkdown } from '../src/report/operations-markdown.ts';

const root = path.join(import.meta.dirname, '..');
export const referenceFolder = path.join(root, 'docs/operations');

/** Written by hand. */
const byHand = ['omitted.md'];

interface Head {
  readonly resource: string;
  readonly title: string;
  readonly summary: string;
}

/** File name → text of every page. */
export function referencePages(): ReadonlyMap<string, string> {
  const operations = loadOperations();
  const all = operations.names.map((name) => operations.get(name)!);
  const pages: readonly ResourcePage[] = heads().map((head) => ({
    ...head,
    operations: all.filter(({ name }) => name.split('.')[0] === head.resource),
  }));
  const filled = pages.filter((page) => page.operations.length > 0);
  const stepYaml = (step: unknown) => stringify(step, { lineWidth: 110 });
  return new Map([
    ['README.md', indexMarkdown(filled)],
    ...filled.map((page) => [`${page.resource}.md`, resourceMarkdown(page, stepYaml)] as const),
  ]);
}

/** A resource whose operations stand in several files takes its title from the one that is named after it. */
function heads(): readonly Head[] {
  const folder = path.join(root, 'schemas/partner-center');
  const found = new Map<string, Head>();
  for (const file of readdirSync(folder).sort()) {
    const { resource, title, summary } = parse(readFileSync(path.join(folder, file), 'utf8')) as Head;
    const own = file.replaceAll('-', '').toLowerCase() === `${resource.toLowerCase()}.yaml`;
    if (own || !found.has(resource)) found.set(resource, { resource, title, summary });
  }
  return [...found.values()];
}

export function writeReference(): void {
  const pages = referencePages();
  for (const file of readdirSync(referenceFolder))
    if (!pages.has(file) && !byHand.includes(file)) rmSync(path.join(referenceFolder, file));
  for (const [file, text] of pages) writeFileSync(path.join(referenceFolder, file), text);
}

/** Pages on disk that are not what the catalogue gives, or that it does not give. */
export function staleReference(): readonly string[] {
  const pages = referencePages();
  const files = readdirSync(referenceFolder).filter((file) => !byHand.includes(file));
  const wrong = [...pages].filter(
    ([file, text]) =>
      !files.includes(file) || readFileSync(path.join(referenceFolder, file), 'utf8') !== text,
  );
  return [...wrong.map(([file]) => file), ...files.filter((file) => !pages.has(file))];
}
