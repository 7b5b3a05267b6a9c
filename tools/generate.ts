import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadOperations } from '../src/operations/read.ts';
import { type Draft, playbookSchema } from '../src/report/playbook-schema.ts';
import { policySchema } from '../src/report/policy-schema.ts';
import { writeReference } from './reference-pages.ts';

/** Files under schemas/ that are made from the catalogue; a test fails when one is stale. */
export const generated: readonly { readonly file: string; readonly draft: Draft }[] = [
  { file: 'playbook.schema.json', draft: '2020-12' },
  { file: 'playbook.draft-07.schema.json', draft: 'draft-07' },
];

/** The text of one generated file. */
export function generatedText(draft: Draft): string {
  return `${JSON.stringify(playbookSchema(loadOperations(), draft), null, 1)}\n`;
}

/** The text of the schema of policies. */
export function policySchemaText(): string {
  return `${JSON.stringify(policySchema(loadOperations()), null, 1)}\n`;
}

if (import.meta.main) {
  writeFileSync(fileURLToPath(new URL('../schemas/policy.schema.json', import.meta.url)), policySchemaText());
  for (const { file, draft } of generated) {
    writeFileSync(fileURLToPath(new URL(`../schemas/${file}`, import.meta.url)), generatedText(draft));
  }
  writeReference();
}
