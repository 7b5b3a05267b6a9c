import process from 'node:process';
import { printedJson } from '../diagnostics/neutralise.ts';
import { loadOperations } from '../operations/read.ts';
import { playbookSchema } from '../report/playbook-schema.ts';
import { exitStatus } from './exit-status.ts';

/** `tenantry schema`: the JSON Schema that editors complete playbooks with. */
export async function schema(options: { readonly draft: '2020-12' | 'draft-07' }): Promise<number> {
  process.stdout.write(`${printedJson(playbookSchema(loadOperations(), options.draft), 2)}\n`);
  return exitStatus.done;
}
