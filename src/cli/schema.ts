import process from 'node:process';
import { printedJson } from '../diagnostics/neutralise.ts';
import { playbookSchema } from '../report/playbook-schema.ts';
import { operationsWith } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import type { CatalogueOptions } from './options.ts';

/** `tenantry schema`: the JSON Schema that editors complete playbooks with. */
export async function schema(
  options: CatalogueOptions & { readonly draft: '2020-12' | 'draft-07' },
): Promise<number> {
  const operations = await operationsWith(options.catalog);
  process.stdout.write(`${printedJson(playbookSchema(operations, options.draft), 2)}\n`);
  return exitStatus.done;
}
