import { open } from 'node:fs/promises';
import path from 'node:path';
import { usesOf } from '../check/check-callable.ts';
import { checkPolicy } from '../check/check-policy.ts';
import type { Playbook } from '../check/playbook.ts';
import type { Policy } from '../check/policy.ts';
import { operationAgainst } from '../check/policy-rules.ts';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Journal } from '../journal/journal.ts';
import { plain, readDocument } from '../load/document.ts';
import type { Operations } from '../operations/operation.ts';
import { canonical, digestOfText } from '../plan/fits.ts';
import type { PlanHeader } from '../plan/plan.ts';
import type { OpenedPlan } from '../plan/plan-file.ts';
import { PolicyJudge } from '../plan/policy-plan.ts';
import { type PriceSheet, readPriceSheet } from '../plan/prices.ts';
import { makeRunPolicy, type RunPolicy } from '../run/policy.ts';
import { rememberSource } from './failure.ts';
import { accept } from './load-playbook.ts';
import { digestFile } from './records.ts';

export interface PolicyOptions {
  readonly policy?: string;
}

/** A policy with its price sheet. */
export interface LoadedPolicy {
  readonly policy: Policy;
  readonly sheet: PriceSheet | undefined;
  /** Of what it says, comments aside, and of its prices. */
  readonly digest: string;
}

/** A policy as a run keeps it. */
export interface KeptPolicy {
  readonly file: string;
  readonly source: string;
  readonly digest: string;
}

/** The policy that `--policy` or TENANTRY_POLICY names. Throws DiagnosticsError where it cannot be used. */
export async function loadPolicy(
  { policy: file }: PolicyOptions,
  operations: Operations,
): Promise<LoadedPolicy | undefined> {
  return file === undefined || file === '' ? undefined : policyFrom(file, await textOf(file), operations);
}

async function policyFrom(file: string, source: string, operations: Operations): Promise<LoadedPolicy> {
  rememberSource(file, source);
  const document = accept(readDocument(file, source));
  const policy = accept(checkPolicy(document, operations));
  const prices = policy.spending && path.resolve(path.dirname(file), policy.spending.prices);
  const said = { policy: plain(document.root), prices: prices && (await digestFile(prices)).digest };
  return {
    policy,
    sheet: prices === undefined ? undefined : await readPriceSheet(prices),
    digest: digestOfText(canonical(said)),
  };
}

const bytesMax = 1024 * 1024;

async function textOf(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    if ((await handle.stat()).size > bytesMax) throw new Error('it is larger than 1 MiB');
    return await handle.readFile('utf8');
  } catch (error) {
    throw new DiagnosticsError([
      {
        code: 'FILE_NOT_FOUND',
        severity: 'error',
        message: `cannot read the policy ${file}: ${(error as Error).message}`,
        help: 'nothing is done without it: name it with --policy FILE or TENANTRY_POLICY',
      },
    ]);
  }
}

/** Refuses, at the step's `uses`, the operations that a policy does not let a playbook call. */
export function refuseForbidden(
  { steps }: Pick<Playbook, 'steps'>,
  operations: Operations,
  loaded: LoadedPolicy | undefined,
): void {
  if (loaded === undefined) return;
  const { policy } = loaded;
  const found = usesOf(steps).flatMap(({ operation, at }): readonly Diagnostic[] => {
    const called = [operation, operations.get(operation.update?.operation ?? '')];
    const why = called.flatMap((one) => (one && operationAgainst(policy, one)) ?? []);
    if (why.length === 0) return [];
    const help = `the policy ${policy.name} (${policy.file}) says so, and a playbook cannot weaken it`;
    return [{ code: 'POLICY', severity: 'error', message: why.join('; '), at, help }];
  });
  if (found.length > 0) throw new DiagnosticsError(found);
}

/** Judges a plan that is in the making. */
export function judgeOf(loaded: LoadedPolicy, operations: Operations, file: string): PolicyJudge {
  const { policy, sheet } = loaded;
  return new PolicyJudge({ policy, sheet, operations, file, at: Date.now() });
}

/** What a plan says of the policy that it was made under. */
export function saidOf({ policy, digest }: LoadedPolicy): NonNullable<PlanHeader['policy']> {
  return { file: policy.file, name: policy.name, digest };
}

/**
 * The policy that a plan is applied under: the one given, which must be the one that the plan was made under, if it was
 * made under any; else that one, read again. A plan without one is judged here, record by record.
 * @throws DiagnosticsError POLICY, PLAN_STALE
 */
export async function policyToApply(
  plan: OpenedPlan,
  options: PolicyOptions,
  operations: Operations,
): Promise<LoadedPolicy | undefined> {
  const { policy: said, input } = plan.header;
  const loaded =
    (await loadPolicy(options, operations)) ??
    (said && (await loadPolicy({ policy: said.file }, operations)));
  if (said !== undefined && loaded?.digest !== said.digest) {
    const message = `the plan was made under the policy ${said.name} (${said.file}), which has changed or is another one now`;
    const help = 'plan again, and have the new plan reviewed';
    throw new DiagnosticsError([{ code: 'PLAN_STALE', severity: 'error', message, help }]);
  }
  if (loaded === undefined) return undefined;
  const judge = judgeOf(loaded, operations, input.file);
  for await (const record of plan.records()) judge.judge(record);
  const errors = judge.findings().filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new DiagnosticsError(errors);
  return loaded;
}

/** A policy as it goes into a run. */
export function keptOf({ policy, digest }: LoadedPolicy): KeptPolicy {
  return { file: policy.file, source: policy.source, digest };
}

/**
 * The policies that a resume goes on under: the one that the run was begun under, and the one given where it is another.
 * @throws DiagnosticsError POLICY where the kept one cannot be used as it was
 */
export async function policiesToResume(
  kept: KeptPolicy | undefined,
  options: PolicyOptions,
  operations: Operations,
): Promise<readonly LoadedPolicy[]> {
  const given = await loadPolicy(options, operations);
  const own = kept && (await policyFrom(kept.file, kept.source, operations));
  if (own !== undefined && own.digest !== kept?.digest) {
    const message = `the price sheet ${own.policy.spending?.prices} of the policy ${own.policy.name} is not what it was when the run began`;
    const help = 'put the file back: the run counts by the prices that it began with';
    throw new DiagnosticsError([{ code: 'POLICY', severity: 'error', message, help }]);
  }
  const both = [own, given?.digest === own?.digest ? undefined : given];
  return both.filter((one) => one !== undefined);
}

/** Policies as a run judges by them, with what its earlier passes have sent. */
export async function runPolicies(
  loaded: readonly LoadedPolicy[],
  operations: Operations,
  { journal, run }: { readonly journal: Journal; readonly run: string },
): Promise<readonly RunPolicy[] | undefined> {
  if (loaded.length === 0) return undefined;
  const policies = loaded.map(({ policy, sheet }) => makeRunPolicy(policy, sheet, Date.now()));
  if (policies.some(({ counts }) => counts))
    for await (const opened of journal.read(run))
      for (const policy of policies) policy.recall(opened, operations);
  return policies;
}
