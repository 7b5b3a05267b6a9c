import { unwrapSecrets } from '../plan/secrets.ts';
import { planOf, type RunKept } from './begin-run.ts';
import { refuseUncallable } from './callable.ts';
import { operationsOf } from './catalogues.ts';
import { concurrencyOf, execute } from './execute.ts';
import { playbookFrom } from './load-playbook.ts';
import { findRun, openJournal } from './open-journal.ts';
import type { Common, RunOptions, TrustOptions } from './options.ts';
import { type PolicyOptions, policiesToResume, refuseForbidden } from './policy.ts';
import { openSession } from './session.ts';
import { settleByHand, verdictsOf } from './settle-by-hand.ts';
import { refuseUnsigned, requiredKeys } from './signing.ts';

export interface ResumeOptions extends RunOptions, TrustOptions, PolicyOptions {
  readonly retryFailed?: boolean;
  readonly settle: readonly string[];
  readonly settleOnly?: boolean;
}

/** `tenantry resume`: goes on with a run from its state file alone; the plan and the input are in it. */
export async function resume(options: ResumeOptions & Common, id?: string): Promise<number> {
  const verdicts = verdictsOf(options.settle);
  const trusted = await requiredKeys(options.requireSignature);
  const journal = await openJournal(options.state);
  try {
    const status = await findRun(journal, id, options.state);
    const plan = planOf(status);
    const { header } = plan;
    refuseUnsigned(plan, [trusted, (status.options as RunKept).signedBy], `the plan of run ${status.id}`);
    const operations = operationsOf(status.catalogues ?? []);
    const playbook = playbookFrom(header.playbook.file, status.playbookSource, operations, status.used);
    const run = await journal.openRun(status.id);
    try {
      const session = await openSession(options.target ?? header.target, operations, playbook.limits);
      try {
        refuseUncallable(playbook, operations, session);
        const policies = await policiesToResume((status.options as RunKept).policy, options, operations);
        for (const policy of policies) refuseForbidden(playbook, operations, policy);
        await settleByHand(run, { operations, reader: session.reader, now: Date.now }, verdicts);
        return await execute({
          journal,
          run,
          session,
          playbook,
          parameters: unwrapSecrets(run.header.parameters) as Readonly<Record<string, unknown>>,
          retryFailed: options.retryFailed === true,
          settleOnly: options.settleOnly === true,
          json: options.json === true,
          color: options.color,
          state: options.state,
          results: options.results,
          junit: options.junit,
          policies,
          ...concurrencyOf(options),
        });
      } finally {
        await session.close();
      }
    } finally {
      await run.release();
    }
  } finally {
    await journal.close();
  }
}
