import process from 'node:process';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { closest } from '../diagnostics/suggest.ts';
import type { Operation, Operations } from '../operations/operation.ts';
import { loadOperations } from '../operations/read.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { exitStatus } from './exit-status.ts';
import type { Common } from './options.ts';

/** `tenantry operations [NAME]`: the catalogue in a line each, or one entry; a word that is no name searches. */
export async function operations(options: Common, name?: string): Promise<number> {
  const catalogue = loadOperations();
  const one = name === undefined ? undefined : catalogue.get(name);
  if (one !== undefined) {
    process.stdout.write(options.json === true ? `${JSON.stringify(one, null, 2)}\n` : describe(one));
    return exitStatus.done;
  }
  const found = search(catalogue, name);
  if (found.length === 0) throw unknown(catalogue, name ?? '');
  if (options.json === true)
    process.stdout.write(
      `${JSON.stringify({ operations: found.map(({ name: id, summary, kind }) => ({ name: id, kind, summary })) })}\n`,
    );
  else
    for (const operation of found)
      process.stdout.write(`${operation.name.padEnd(38)} ${operation.summary}\n`);
  return exitStatus.done;
}

function search(catalogue: Operations, word: string | undefined): readonly Operation[] {
  const all = catalogue.names.map((name) => catalogue.get(name)!);
  if (word === undefined) return all;
  const wanted = word.toLowerCase();
  return all.filter(
    ({ name, summary }) => name.toLowerCase().includes(wanted) || summary.toLowerCase().includes(wanted),
  );
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

function describe(operation: Operation): string {
  const required = new Set(operation.input.required ?? []);
  const inputs = Object.entries(operation.input.properties ?? {}).map(
    ([name, schema]) =>
      `  ${name}${required.has(name) ? '' : '?'}: ${typeOf(schema)}${schema.description === undefined ? '' : `  ${String(schema.description)}`}`,
  );
  const results = Object.entries(operation.result.properties ?? {}).map(
    ([name, schema]) => `  ${name}: ${typeOf(schema)}`,
  );
  return [
    `${operation.name} (${operation.kind})`,
    operation.summary,
    '',
    `${operation.method} ${operation.path}`,
    `sign-in: ${operation.auth.join(' or ')}; clouds: ${operation.clouds.join(', ')}; allowance: ${operation.throttle.group}${operation.throttle.perMinute === undefined ? '' : `, ${operation.throttle.perMinute} a minute`}`,
    `sent twice: ${operation.repeatable ? 'the same effect' : 'NOT the same effect'}; unanswered after a cut: ${operation.doubt}`,
    ...(operation.deprecated === undefined ? [] : [`deprecated: ${deprecation(operation.deprecated)}`]),
    '',
    'with:',
    ...(inputs.length === 0 ? ['  nothing'] : inputs),
    '',
    'result:',
    ...(results.length === 0 ? ['  nothing'] : results),
    '',
    `documentation page: ${operation.page}`,
    '',
  ].join('\n');
}

function deprecation({ reason, use }: NonNullable<Operation['deprecated']>): string {
  return use === undefined ? reason : `${reason}; use ${use}`;
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  return `${Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'anything')}${schema.secret === true ? ' (secret)' : ''}`;
}
