import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMount, type Disk, openDisk } from './disk.ts';
import { seeded } from './killing.ts';
import { expectOnboarded, onboarding, type Sample } from './onboarding.ts';
import { type Finished, openRig, type Rig, type Started } from './rig.ts';

/** Disks that are full, read-only, limited or damaged, under the real command. */

let rig: Rig;
let sample: Sample;
beforeEach(async () => {
  rig = await openRig();
  sample = await onboarding(rig, 6);
  await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'plan']);
  await rig.behave({ latencyMs: 20 });
});
afterEach(() => rig.close());

async function requests(): Promise<number> {
  return (await rig.stats()).requests;
}

/** Resolves when the run is in the middle. */
async function underWay(started: Started): Promise<void> {
  await started.says('Run ');
  const before = await requests();
  for (;;) if ((await requests()) > before + 20) return;
}

/** It broke off for a reason that it gives; nothing is sent any more, and the service has what it was sent. */
async function expectBrokenOff(ended: Finished, words: string): Promise<void> {
  expect(ended.status).toBe(1);
  expect(ended.stderr).toContain(words);
  expect(ended.stderr).not.toContain('INTERNAL');
}

async function expectResumed(args: readonly string[], within: readonly string[] = []): Promise<void> {
  const resumed = await rig.run(['resume', ...args], { within });
  expect(resumed.stderr).not.toMatch(/error/iu);
  expect(resumed.status).toBe(0);
  expectOnboarded(await rig.state(), sample);
}

describe.runIf(canMount())('a disk that', () => {
  let disk: Disk;
  let state: readonly string[];
  beforeEach(async () => {
    disk = await openDisk(rig.file('disk'), rig.folder);
    state = ['--state', 'disk/state.db'];
  });
  afterEach(() => disk.close());

  const apply = () => ['apply', 'plan', '--concurrency', '2', ...state];

  it('is full stops the run with what to do; with room again it goes on, and nothing is there twice', async () => {
    const started = rig.start(apply(), { within: disk.within });
    await underWay(started);
    disk.fill();
    await expectBrokenOff(await started.finished, 'the disk is full');
    expect((await started.finished).stderr).toContain('make room, then go on with: tenantry resume');

    const sent = await requests();
    await expectBrokenOff(await rig.run(['resume', ...state], { within: disk.within }), 'the disk is full');
    expect(await requests(), 'without room nothing is sent').toBe(sent);
    disk.makeRoom();
    await expectResumed(state, disk.within);
  });

  it('is read-only refuses before anything is sent; writable again, the run goes on', async () => {
    disk.readOnly(true);
    const sent = await requests();
    await expectBrokenOff(await rig.run(apply(), { within: disk.within }), 'read-only file system');
    expect(await requests()).toBe(sent);

    disk.readOnly(false);
    const started = rig.start(apply(), { within: disk.within });
    await underWay(started);
    started.signal('SIGKILL');
    await started.finished;
    disk.readOnly(true);
    const before = await requests();
    await expectBrokenOff(
      await rig.run(['resume', ...state], { within: disk.within }),
      'read-only file system',
    );
    expect(await requests()).toBe(before);
    disk.readOnly(false);
    await expectResumed(state, disk.within);
  });
});

describe('a limit for sizes of files', () => {
  it('stops the run with what to look at; without it the run goes on, and nothing is there twice', async () => {
    const limited = ['bash', '-c', 'ulimit -f 400; exec "$@"', 'limited'];
    const ended = await rig.run(['apply', 'plan', '--concurrency', '2'], { within: limited });
    await expectBrokenOff(ended, 'ulimit -f');
    expect(ended.stderr).toContain('tenantry resume');
    await expectResumed([]);
  });
});

describe('a state file that was damaged', () => {
  /** A run that was interrupted, its state in one file. */
  async function interrupted(): Promise<Buffer> {
    const started = rig.start(['apply', 'plan', '--concurrency', '2', '--state', 'state.db']);
    await underWay(started);
    started.process.kill('SIGINT');
    expect((await started.finished).status).toBe(130);
    await rig.behave({ latencyMs: 0 });
    return readFileSync(rig.file('state.db'));
  }

  /** The file with a text in it changed, which SQLite itself does not see. */
  const edited = (whole: Uint8Array, sql: string): Buffer => {
    const file = rig.file('edited.db');
    writeFileSync(file, whole);
    const database = new DatabaseSync(file);
    const { changes } = database.prepare(sql).run();
    database.close();
    expect(changes, sql).toBeGreaterThan(0);
    return readFileSync(file);
  };

  const resumeWith = (bytes: Uint8Array): Promise<Finished> => {
    for (const ending of ['-wal', '-shm']) rmSync(rig.file(`state.db${ending}`), { force: true });
    writeFileSync(rig.file('state.db'), bytes);
    return rig.run(['resume', '--state', 'state.db']);
  };

  it('is refused wherever it was cut off and whichever text was changed: nothing of it is used, nothing is sent', async () => {
    const whole = await interrupted();
    const sent = await requests();
    const random = seeded(7);
    const damages = [
      ...[1, 2, 3].map(() => whole.subarray(0, 1 + Math.floor(random() * (whole.length - 1)))),
      // In the last record, when those before it would be under way.
      edited(whole, `UPDATE records SET planned = planned || ' ' WHERE idx = 5`),
      edited(whole, `UPDATE records SET raw = raw || ' ' WHERE idx = 5`),
      edited(whole, `UPDATE entries SET entry = replace(entry, '"attempt":1', '"attempt":2')`),
    ];
    for (const bytes of damages) {
      const refused = await resumeWith(bytes);
      await expectBrokenOff(refused, 'STATE_DAMAGED');
      expect(refused.stderr).toContain('put back a copy of the file');
    }
    expect(await requests(), 'nothing is sent').toBe(sent);
    expect((await resumeWith(whole)).status).toBe(0);
    expectOnboarded(await rig.state(), sample);
  });

  it('is refused or harmless, whichever bit has flipped', async () => {
    const whole = await interrupted();
    const random = seeded(11);
    for (let flips = 0; flips < 6; flips += 1) {
      const bytes = Buffer.from(whole);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = bytes[at]! ^ (1 << Math.floor(random() * 8));
      const before = await requests();
      const ended = await resumeWith(bytes);
      if (ended.status === 0) continue; // a bit that nothing depends on
      await expectBrokenOff(ended, 'STATE_DAMAGED');
      expect(await requests(), `byte ${at}`).toBe(before);
    }
    expect((await resumeWith(whole)).status).toBe(0);
    expectOnboarded(await rig.state(), sample);
  });
});

describe('a results folder that cannot be written', () => {
  it('is told before anything is sent, with the command that names another', async () => {
    await rig.write('taken', 'a file');
    const sent = await requests();
    const refused = await rig.run(['apply', 'plan', '--results', 'taken/here']);
    await expectBrokenOff(refused, 'RESULTS');
    expect(await requests()).toBe(sent);
    const again = /tenantry resume (\S+) --results DIR/u.exec(refused.stderr)!;
    await expectResumed([again[1]!, '--results', 'elsewhere']);
    expect(await rig.read('elsewhere/results.csv')).toContain(sample.rows[0]!.domain);
  });

  it('does not hide how the run ended: its files can be written later', async () => {
    const started = rig.start(['apply', 'plan', '--results', 'out']);
    await underWay(started);
    rmSync(rig.file('out'), { recursive: true });
    await rig.write('out', 'a file in the way');
    const ended = await started.finished;
    await expectBrokenOff(ended, 'RESULTS');
    expect(ended.stdout).toContain(`${sample.rows.length} succeeded`);
    const [, run] = /tenantry export (\S+) --results DIR/u.exec(ended.stderr)!;
    const exported = await rig.run(['export', run!, '--results', 'later']);
    expect(exported.status).toBe(0);
    expect((await rig.read('later/results.csv')).trim().split('\n').length).toBeGreaterThan(
      sample.rows.length,
    );
    expectOnboarded(await rig.state(), sample);
  });
});
