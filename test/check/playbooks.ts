import { checkPlaybook } from '../../src/check/check-playbook.ts';
import type { At, Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { type Document, readDocument } from '../../src/load/document.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { input } from '../run/playbooks.ts';

const operations = loadOperations();

export type Found = Diagnostic & { readonly pointsAt: string; readonly relatedTo: readonly string[] };

/** What is wrong with a playbook of these steps, and the text that each message points at. */
export function found(steps: string, used: Readonly<Record<string, string>> = {}): readonly Found[] {
  return foundIn(`${input}steps:\n${steps}`, used);
}

/** The same for everything below the head, with the playbooks that it uses. */
export function foundIn(text: string, used: Readonly<Record<string, string>> = {}): readonly Found[] {
  const files = new Map(Object.entries(used).map(([place, body]) => [place, documentOf(place, body)]));
  const root = documentOf('playbook.yaml', text);
  const textAt = (at: At | undefined) =>
    (at?.file === 'playbook.yaml' ? root : files.get(at?.file ?? ''))?.text.slice(
      at!.offset,
      at!.offset + at!.length,
    ) ?? '';
  return checkPlaybook(root, operations, files).diagnostics.map((diagnostic) => ({
    ...diagnostic,
    pointsAt: textAt(diagnostic.at),
    relatedTo: (diagnostic.related ?? []).map(({ at }) => `${at?.file}: ${textAt(at)}`),
  }));
}

function documentOf(file: string, body: string): Document {
  const document = readDocument(file, `tenantry: 1\nname: test\n${body}`);
  if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
  return document.value;
}
