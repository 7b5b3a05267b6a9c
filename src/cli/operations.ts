import process from 'node:process';
import { stringify } from 'yaml';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { printedJson } from '../diagnostics/neutralise.ts';
import { closest } from '../diagnostics/suggest.ts';
import type { Operation, Operations } from '../operations/operation.ts';
import { areaOf, areas } from '../report/areas.ts';
import { describeOperation } from '../report/describe-operation.ts';
import { operationText } from '../report/operations-text.ts';
import { searchOperations } from '../report/search-operations.ts';
import { operationsWith } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import { usage } from './load-playbook.ts';
import type { CatalogueOptions, Common } from './options.ts';

export interface OperationsOptions extends CatalogueOptions {
  readonly area?: string;
  readonly kind?: string;
}

/** `tenantry operations [NAME | WORD …]`: one entry in full, or a line for each that speaks of every word. */
export async function operations(
  options: OperationsOptions & Common,
  ...operands: readonly (string | readonly string[] | undefined)[]
): Promise<number> {
  const catalogue = await operationsWith(options.catalog);
  const words = operands.flat().filter((word) => word !== undefined);
  const one = words.length === 1 ? catalogue.get(words[0]!) : undefined;
  if (one !== undefined) print(options, one, () => describe(one));
  else {
    const found = search(catalogue, words, options);
    if (found.length === 0) throw unknown(catalogue, words.join(' '));
    print(
      options,
      {
        operations: found.map(({ name, kind, summary, resource }) => ({
          name,
          kind,
          summary,
          area: areaOf(resource),
        })),
      },
      () => found.map(({ name, summary }) => `${name.padEnd(42)} ${summary}\n`).join(''),
    );
  }
  return exitStatus.done;
}

function print(options: Common, document: unknown, text: () => string): void {
  process.stdout.write(options.json === true ? `${printedJson(document, 2)}\n` : text());
}

function describe(operation: Operation): string {
  const description = describeOperation(operation);
  return operationText(description, stringify([description.step], { lineWidth: 100 }));
}

function search(
  catalogue: Operations,
  words: readonly string[],
  { area, kind }: OperationsOptions,
): readonly Operation[] {
  const wanted = area?.toLowerCase();
  const named = areas.map(([name]) => name).filter((name) => name.toLowerCase().includes(wanted ?? ''));
  if (wanted !== undefined && named.length === 0)
    throw usage(`there is no area '${area}'`, `areas: ${areas.map(([name]) => name).join(', ')}`);
  const all = catalogue.names
    .map((name) => catalogue.get(name)!)
    .filter((operation) => wanted === undefined || named.includes(areaOf(operation.resource)))
    .filter((operation) => kind === undefined || operation.kind === kind);
  return searchOperations(all, words);
}

function unknown(catalogue: Operations, name: string): DiagnosticsError {
  const near = closest(name, catalogue.names);
  const hint = near === undefined ? {} : { didYouMean: near };
  return new DiagnosticsError([
    {
      code: 'UNKNOWN_OPERATION',
      severity: 'error',
      message: `the catalogue has no operation '${name}', and none that mentions it`,
      ...hint,
    },
  ]);
}
