import { checkParameters } from '../check/parameters.ts';
import { joinedRecord, type Playbook } from '../check/playbook.ts';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { RunStatus } from '../journal/journal.ts';
import { canonical } from '../plan/fits.ts';
import type { PlanHeader } from '../plan/plan.ts';
import { unwrapSecrets } from '../plan/secrets.ts';
import { ownText } from '../report/csv.ts';
import type { RunKept } from './begin-run.ts';
import { planOf } from './begin-run.ts';
import { accept, assignments, parametersFile, usage } from './load-playbook.ts';
import type { InputOptions } from './options.ts';
import { digestFile, type Input } from './records.ts';

/** The files that a revision is made from: those that are named, else those of the run, as they were then. */
export async function filesFor(
  run: RunStatus,
  playbook: Playbook,
  options: InputOptions,
): Promise<InputOptions> {
  const { input, digests } = planOf(run).header;
  const given = assignments('--related', options.related);
  const wanted = Object.keys(playbook.input.related);
  const related = {
    ...Object.fromEntries(Object.entries(input.related).filter(([name]) => wanted.includes(name))),
    ...given,
  };
  const changed: Diagnostic[] = [];
  const refuse = (file: string, option: string) =>
    changed.push({
      code: 'PLAN_STALE',
      severity: 'error',
      message: `${file} is not as it was when the run was planned`,
      help: `name it, if its rows are to be taken as they are now: ${option}`,
    });
  if (options.input === undefined && (await digestFile(input.file)).digest !== digests.input)
    refuse(input.file, `--input ${input.file}`);
  for (const [name, file] of Object.entries(related))
    if (given[name] === undefined && (await digestFile(file)).digest !== digests.related[name])
      refuse(file, `--related ${name}=${file}`);
  if (changed.length > 0) throw new DiagnosticsError(changed);
  return {
    ...options,
    input: options.input ?? input.file,
    related: Object.entries(related).map(([name, file]) => `${name}=${file}`),
  };
}

/**
 * The run's parameters with what is given now over them. A default of the old playbook gives way to one of the new.
 * @throws DiagnosticsError PARAMETER
 */
export async function parametersFor(
  run: RunStatus,
  old: Playbook,
  playbook: Playbook,
  options: InputOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const kept = unwrapSecrets(run.parameters) as Readonly<Record<string, unknown>>;
  const isKept = ([name, value]: readonly [string, unknown]): boolean =>
    playbook.parameters.properties?.[name] !== undefined &&
    canonical(value) !== canonical(old.parameters.properties?.[name]?.default);
  const file = (await parametersFile(options.params)) ?? {};
  if (typeof file !== 'object' || Array.isArray(file)) throw usage('the parameters file is not a map');
  const from = { ...Object.fromEntries(Object.entries(kept).filter(isKept)), ...file };
  return accept(checkParameters(playbook, assignments('--param', options.param), from));
}

/** Rows of the run stand in its result files beside the new ones: they must have the same columns. */
export function refuseOtherColumns(run: RunStatus, input: Input): void {
  const kept = run.options as RunKept;
  const was = ownText(run.inputHeader, { header: run.inputHeader, delimiter: kept.delimiter });
  const is = ownText(input.table.header, input.table);
  const plain = (line: string): string => line.replace(/^\uFEFF/u, '').trimEnd();
  if (plain(was) === plain(is) && kept.delimiter === input.table.delimiter) return;
  throw usage(
    `${input.file} has other columns than the input of the run: ${plain(is)}`,
    `the rows of a run stand in one file when it ends: give it the columns that it had, in their order:\n    ${plain(was)}`,
  );
}

/** The schema of a record under the playbook, for hiding what is secret. */
export function recordSchemaOf(playbook: Playbook) {
  return joinedRecord(playbook.input);
}

/** A run is at one service: what it has done is not to be found at another. */
export function targetOf(header: PlanHeader, option: string | undefined): string {
  if (option === undefined || option === header.target) return header.target;
  throw usage(
    `the run was made for the target ${header.target}, not for ${option}`,
    'leave --target and TENANTRY_TARGET out, or name that target',
  );
}
