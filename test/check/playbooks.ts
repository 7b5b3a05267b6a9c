import { checkPlaybook } from '../../src/check/check-playbook.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { readDocument } from '../../src/load/document.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { input } from '../run/playbooks.ts';

const operations = loadOperations();

/** What is wrong with a playbook of these steps, and the text that each message points at. */
export function found(steps: string): readonly (Diagnostic & { readonly pointsAt: string })[] {
  const text = `tenantry: 1\nname: test\n${input}steps:\n${steps}`;
  const document = readDocument('playbook.yaml', text);
  if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
  return checkPlaybook(document.value, operations).diagnostics.map((diagnostic) => {
    const { offset = 0, length = 0 } = diagnostic.at ?? {};
    return { ...diagnostic, pointsAt: text.slice(offset, offset + length) };
  });
}
