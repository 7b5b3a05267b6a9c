import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { expectOnboarded, onboarding } from './onboarding.ts';
import { type Finished, openRig, type Rig, type Started } from './rig.ts';

let rig: Rig;
afterEach(() => rig.close());

/** How often the service was asked to change something; that somebody has read something more harms nobody. */
async function writesSeen(): Promise<readonly (readonly [string, unknown])[]> {
  const { perOperation } = await rig.stats();
  return Object.entries(perOperation as object).filter(([name]) =>
    /\.(?!list|get|find|check|validate)/u.test(name),
  );
}

/** Puts it to sleep while it is not writing: asleep in a commit it holds the state file's lock, and nobody takes over. */
async function putToSleep({ process }: Started): Promise<void> {
  for (;;) {
    process.kill('SIGSTOP');
    const database = new DatabaseSync(rig.file('shared/state.db'), { timeout: 0 });
    try {
      database.exec('BEGIN IMMEDIATE; ROLLBACK');
      return;
    } catch {
      process.kill('SIGCONT');
    } finally {
      database.close();
    }
  }
}

/** Tries to go on with the run until its owner's claim has ended; the claim lasts 20 s. */
async function takeOver(): Promise<{ readonly refused: readonly Finished[]; readonly done: Finished }> {
  const refused: Finished[] = [];
  for (;;) {
    const tried = await rig.run(['resume', '--state', 'shared/state.db']);
    if (!tried.stderr.includes('RUN_OWNED')) return { refused, done: tried };
    refused.push(tried);
    await sleep(1_000); // as a person would
  }
}

describe('a process that slept for longer than its claim on the run', () => {
  it('sends nothing after it has woken up, for another one has taken over; nothing is there twice', async () => {
    rig = await openRig();
    const sample = await onboarding(rig, 8);
    await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'plan']);
    await rig.behave({ latencyMs: 150 });
    const sleeper = rig.start(['apply', 'plan', '--concurrency', '4', '--state', 'shared/state.db']);
    await sleeper.says('Run ');
    const { requests } = await rig.stats();
    for (;;) if ((await rig.stats()).requests > requests + 30) break;
    await putToSleep(sleeper);
    await rig.behave({ latencyMs: 5 });

    const { refused, done } = await takeOver();
    expect(
      refused.length,
      `the claim of a process that may wake up is respected:\n${done.stdout}${done.stderr}`,
    ).toBeGreaterThan(0);
    expect(refused[0]!.status).toBe(1);
    expect(refused[0]!.stderr).toMatch(new RegExp(`worked on by \\S+:${sleeper.process.pid}\\b`, 'u'));
    expect(refused[0]!.stderr).toMatch(/its claim ends within \d+ s/u);
    expect(done.status).toBe(0);
    expectOnboarded(await rig.state(), sample);

    const before = await writesSeen();
    sleeper.process.kill('SIGCONT');
    const woken = await sleeper.finished;
    expect(woken.status).toBe(1);
    expect(woken.stderr).toContain('RUN_OWNED');
    expect(woken.stderr).toContain('is owned by another process now; this one has stopped sending');
    expect(await writesSeen()).toEqual(before);
    expectOnboarded(await rig.state(), sample);
  });
});
