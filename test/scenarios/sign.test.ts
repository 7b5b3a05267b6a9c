import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onboarding, type Sample } from './onboarding.ts';
import { openRig, type Rig } from './rig.ts';

/** Teams where the one who reviews a plan and the machine that applies it are not the same. */

let rig: Rig;
let sample: Sample;

async function writeKeys(name: string): Promise<{ readonly secret: string; readonly open: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const open = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  await rig.write(`${name}.pem`, secret);
  await rig.write(`${name}.pub.pem`, open);
  return { secret, open };
}

const plan = (...more: readonly string[]) =>
  rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'signed.plan', ...more]);

beforeAll(async () => {
  rig = await openRig();
  sample = await onboarding(rig, 2);
  await writeKeys('reviewer');
  await writeKeys('other');
  expect((await plan('--sign', 'reviewer.pem')).status).toBe(0);
  await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'unsigned.plan']);
});
afterAll(() => rig.close());

/** Refused with status 1 before anything was sent, for the reason that was expected. */
async function expectRefused(args: readonly string[], code: string, words: RegExp, env = {}): Promise<void> {
  const { requests } = await rig.stats();
  const finished = await rig.run(args, { env });
  expect(finished.stderr).toContain(code);
  expect(finished.stderr).toMatch(words);
  expect(finished.status).toBe(1);
  expect((await rig.stats()).requests).toBe(requests);
}

/** The signed plan, with one of its lines changed and, where wanted, sealed again. */
async function edited(change: (summary: Record<string, unknown>) => unknown): Promise<string> {
  const lines = (await rig.read('signed.plan')).trimEnd().split('\n');
  const summary = JSON.parse(lines.pop()!) as Record<string, unknown>;
  await rig.write('edited.plan', `${[...lines, JSON.stringify(change(summary))].join('\n')}\n`);
  return 'edited.plan';
}

describe('a plan that must be signed', () => {
  const required = ['--require-signature', 'reviewer.pub.pem'];

  it('is refused unsigned', () =>
    expectRefused(['apply', 'unsigned.plan', ...required], 'PLAN_SIGNATURE', /not signed/u));

  it('is refused where another key signed it', () =>
    expectRefused(
      ['apply', 'signed.plan', '--require-signature', 'other.pub.pem'],
      'PLAN_SIGNATURE',
      /not the one that is required/u,
    ));

  it('is refused where it was edited', async () => {
    const text = (await rig.read('signed.plan')).replace('"quantity":5', '"quantity":500');
    await rig.write('more.plan', text);
    await expectRefused(['apply', 'more.plan', ...required], 'PLAN_EDITED', /not as it was written/u);
  });

  it('is refused where something was edited that the seal does not cover', async () => {
    const file = await edited((summary) => ({ ...summary, planningCalls: 0, warnings: [] }));
    await expectRefused(['apply', file, ...required], 'PLAN_SIGNATURE', /changed after that/u);
  });

  it('is refused where a signature was put on that is none', async () => {
    const file = await edited((summary) => ({
      ...summary,
      signature: { ...(summary.signature as object), value: 'AAAA' },
    }));
    await expectRefused(['apply', file, ...required], 'PLAN_SIGNATURE', /changed after that/u);
  });

  it('is wanted in place of a playbook, also where the environment asks for it', () =>
    expectRefused(['apply', 'playbook.yaml', ...sample.args, '--yes'], 'PLAN_SIGNATURE', /no plan file/u, {
      TENANTRY_REQUIRE_SIGNATURE: 'reviewer.pub.pem',
    }));

  it('is refused where the key is none, without showing what was read', async () => {
    await rig.write('nonsense.pem', 'hunter2');
    await expectRefused(['apply', 'signed.plan', '--require-signature', 'nonsense.pem'], 'USAGE', /openssl/u);
    await expectRefused(['apply', 'signed.plan', '--require-signature', 'reviewer.pem'], 'USAGE', /private/u);
    const finished = await rig.run([
      'plan',
      'playbook.yaml',
      ...sample.args,
      '--out',
      'x',
      '--sign',
      'nonsense.pem',
    ]);
    expect(finished.status).toBe(1);
    expect(finished.stderr).not.toContain('hunter2');
  });

  it('says so where there is no file to sign', async () => {
    const finished = await rig.run(['plan', 'playbook.yaml', ...sample.args, '--sign', 'reviewer.pem']);
    expect(finished.stderr).toContain('--out');
    expect(finished.status).toBe(1);
  });
});

describe('a plan that was signed', () => {
  it('is applied where any of the keys that are trusted signed it, keys given as text', async () => {
    const { secret, open } = await writeKeys('third');
    await rig.write('later.plan', await rig.read('unsigned.plan'));
    const signed = await rig.run(['sign', 'later.plan', '--json'], { env: { TENANTRY_SIGN_KEY: secret } });
    expect(JSON.parse(signed.stdout)).toMatchObject({ signed: true, records: 2 });
    const trusted = (await rig.read('other.pub.pem')) + open;
    const applied = await rig.run(['apply', 'later.plan', '--state', 'third.db'], {
      env: { TENANTRY_REQUIRE_SIGNATURE: trusted },
    });
    expect(applied.stderr).not.toMatch(/error/u);
    expect(applied.status).toBe(0);
  });

  it('is gone on with by what its run was begun with, and not under another key', async () => {
    await rig.behave({ faults: '' });
    const args = ['--state', 'kept.db', '--results', 'kept'];
    const applied = await rig.run([
      'apply',
      'signed.plan',
      '--require-signature',
      'reviewer.pub.pem',
      ...args,
    ]);
    expect(applied.status).toBe(0);
    expect((await rig.run(['resume', '--state', 'kept.db'])).status).toBe(0);
    await expectRefused(
      ['resume', '--state', 'kept.db', '--require-signature', 'other.pub.pem'],
      'PLAN_SIGNATURE',
      /not the one that is required/u,
    );
  });

  it('is begun once by --once, and gone on with after that', async () => {
    const args = ['apply', 'signed.plan', '--once', '--state', 'once.db', '--results', 'once'];
    const first = await rig.run(args);
    expect(first.status).toBe(0);
    const { requests } = await rig.stats();
    const second = await rig.run(args);
    expect(second.status).toBe(0);
    expect((await rig.stats()).requests, 'nothing is left to send').toBe(requests);
    const { stdout } = await rig.run(['runs', '--json', '--state', 'once.db']);
    expect((JSON.parse(stdout) as { runs: unknown[] }).runs).toHaveLength(1);
  });
});
