import { open, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onboarding, type Sample } from './onboarding.ts';
import { type Finished, openRig, type Rig } from './rig.ts';

let rig: Rig;
let sample: Sample;
beforeEach(async () => {
  rig = await openRig();
  sample = await onboarding(rig, 4);
});
afterEach(() => rig.close());

/** Refused before anything was sent: status 1, the code, the words, no stack trace, and no customer created. */
async function expectRefused(
  finished: Finished,
  code: string,
  ...words: readonly (string | RegExp)[]
): Promise<void> {
  expect(finished.stderr).toContain(code);
  for (const word of words) expect(finished.stderr).toMatch(word);
  expect(finished.stderr).not.toMatch(/^\s+at .+:\d+:\d+\)?$/mu);
  expect(finished.status).toBe(1);
  expect((await rig.state()).customers).toEqual([]);
}

/** The onboarding playbook with one piece of its text replaced. */
async function altered(from: string | RegExp, to: string): Promise<string> {
  const text = await readFile(sample.playbook, 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return rig.write('altered.yaml', changed);
}

const apply = (playbook: string, args: readonly string[] = sample.args) =>
  rig.run(['apply', playbook, ...args, '--yes']);

describe('a playbook that is wrong', () => {
  it('is missing', async () => {
    await expectRefused(await apply('no-such.yaml'), 'FILE_NOT_FOUND', /no-such\.yaml/u);
  });

  it('is not YAML', async () => {
    await expectRefused(
      await apply(await rig.write('broken.yaml', 'tenantry: 1\nsteps: [ {\n')),
      'YAML_SYNTAX',
      /broken\.yaml:\d+:\d+/u,
    );
  });

  it('uses an operation that does not exist', async () => {
    await expectRefused(
      await apply(await altered('uses: customers.create', 'uses: customer.create')),
      'UNKNOWN_OPERATION',
      /altered\.yaml:\d+:\d+/u,
      /customers\.create/u,
    );
  });

  it('gives a field that the operation does not have', async () => {
    await expectRefused(
      await apply(await altered('companyProfile:', 'companyProfil:')),
      'UNKNOWN_FIELD',
      /companyProfile/u,
    );
  });

  it('gives a value of the wrong type', async () => {
    const playbook = await altered(/limits:\n/u, 'limits:\n  perCustomer: many\n  # ');
    await expectRefused(await apply(playbook), 'WRONG_TYPE', /perCustomer/u);
  });

  it('refers to a step that does not exist', async () => {
    await expectRefused(
      await apply(await altered('steps.customer.id', 'steps.custmer.id')),
      'UNKNOWN_STEP',
      /customer/u,
    );
  });

  it('has steps that need each other in a circle', async () => {
    const playbook = await rig.write(
      'circle.yaml',
      [
        'tenantry: 1',
        'name: circle',
        'input: { key: "${{ record.domain }}", record: { type: object, required: [domain], properties: { domain: { type: string } } } }',
        'steps:',
        '  - id: both',
        '    parallel: true',
        '    steps:',
        '      - { id: one, needs: [two], uses: domains.check, with: { domain: "${{ record.domain }}" } }',
        '      - { id: two, needs: [one], uses: domains.check, with: { domain: "${{ record.domain }}" } }',
        '',
      ].join('\n'),
    );
    await expectRefused(await apply(playbook, ['--input', 'customers.csv']), 'STEP_CYCLE', /one/u, /two/u);
  });

  it('has several mistakes, and all are told at once', async () => {
    const text = (await readFile(sample.playbook, 'utf8'))
      .replace('uses: customers.create', 'uses: customer.create')
      .replace('uses: carts.create', 'uses: carts.creat')
      .replace('tenantry: 1', 'tenantry: 9');
    const finished = await apply(await rig.write('three.yaml', text));
    await expectRefused(finished, 'PLAYBOOK_VERSION');
    expect(finished.stderr.match(/UNKNOWN_OPERATION/gu)).toHaveLength(2);
  });
});

describe('an input that is wrong', () => {
  it('is missing', async () => {
    await expectRefused(
      await apply('playbook.yaml', ['--input', 'nobody.csv', '--related', 'users=users.csv']),
      'FILE_NOT_FOUND',
      /nobody\.csv/u,
    );
  });

  it('is in no encoding that can be read', async () => {
    await rig.write(
      'binary.csv',
      Uint8Array.from({ length: 4096 }, (_, index) => (index * 37) % 256),
    );
    await expectRefused(
      await apply('playbook.yaml', ['--input', 'binary.csv', '--related', 'users=users.csv']),
      'FILE_ENCODING',
      /binary\.csv/u,
    );
  });

  it('has bad cells: row, column, value and what was expected', async () => {
    const rows = (await rig.read('customers.csv')).split('\n');
    const column = rows[0]!.split(',').indexOf('seats');
    rows[1] = rows[1]!.replace(sample.rows[0]!.domain!, 'not a domain');
    await rig.write('customers.csv', rows.join('\n'));
    expect(column).toBeGreaterThan(-1);
    await expectRefused(await apply('playbook.yaml'), 'INPUT_CELL', /row 2/u, /domain/u, /not a domain/u);
  });

  it('is applied without its bad rows on --skip-invalid, which are in failed.csv', async () => {
    const rows = (await rig.read('customers.csv')).split('\n');
    rows[1] = rows[1]!.replace(sample.rows[0]!.domain!, 'not a domain');
    await rig.write('customers.csv', rows.join('\n'));
    const finished = await rig.run([
      'apply',
      'playbook.yaml',
      ...sample.args,
      '--yes',
      '--skip-invalid',
      '--results',
      'results',
    ]);
    expect(finished.status).toBe(3);
    expect((await rig.state()).customers).toHaveLength(3);
    const failed = await rig.read('results/failed.csv');
    expect(failed.split('\n')[1]).toContain(rows[1]!.trimEnd());
  });

  it('names one customer twice: both rows are named', async () => {
    const rows = (await rig.read('customers.csv')).trimEnd().split('\n');
    await rig.write('customers.csv', `${[...rows, rows[1]].join('\n')}\n`);
    await expectRefused(await apply('playbook.yaml'), 'INPUT_DUPLICATE', /row 2/u);
  });

  it('lacks a related file', async () => {
    await expectRefused(
      await apply('playbook.yaml', ['--input', 'customers.csv']),
      'USAGE',
      /--related users=FILE/u,
    );
  });
});

describe('a plan that does not fit', () => {
  beforeEach(async () => {
    expect((await rig.run(['plan', 'playbook.yaml', ...sample.args, '--out', 'plan'])).status).toBe(0);
  });

  it('was edited', async () => {
    await rig.write(
      'plan',
      (await rig.read('plan')).replace(sample.rows[1]!.domain!, 'another.onmicrosoft.com'),
    );
    await expectRefused(await rig.run(['apply', 'plan']), 'PLAN_EDITED');
  });

  it('was cut off', async () => {
    const text = await rig.read('plan');
    await rig.write('plan', text.slice(0, text.length / 2));
    await expectRefused(await rig.run(['apply', 'plan']), 'PLAN_EDITED');
  });

  it('has an input that changed since', async () => {
    await rig.write(
      'customers.csv',
      `${(await rig.read('customers.csv')).trimEnd()}\n`.replace(sample.rows[0]!.city!, 'Elsewhere'),
    );
    await expectRefused(await rig.run(['apply', 'plan']), 'PLAN_STALE', /customers\.csv/u, /tenantry plan/u);
  });

  it('has a playbook that changed since', async () => {
    await rig.write('playbook.yaml', `${await rig.read('playbook.yaml')}# changed\n`);
    await expectRefused(await rig.run(['apply', 'plan']), 'PLAN_STALE', /playbook/u);
  });

  it('is for another target', async () => {
    await expectRefused(await rig.run(['apply', 'plan', '--target', 'emulator']), 'PLAN_STALE', /target/u);
  });

  it('was made offline', async () => {
    await rig.run(['plan', 'playbook.yaml', ...sample.args, '--offline', '--out', 'offline']);
    await expectRefused(await rig.run(['apply', 'offline']), 'PLAN_STALE', /offline/u);
  });
});

describe('a state file that cannot be used', () => {
  it('is from a newer version', async () => {
    await apply('playbook.yaml', [...sample.args, '--state', 'state.db', '--skip-invalid']);
    await fetch(`${rig.url}/_emulator/reset`, { method: 'POST' });
    const database = new DatabaseSync(rig.file('state.db'));
    database.exec('PRAGMA user_version = 999');
    database.close();
    await expectRefused(await rig.run(['resume', '--state', 'state.db']), 'STATE_VERSION', /newer/u);
  });

  it('is damaged', async () => {
    await rig.write(
      'state.db',
      'this is no database at all, but long enough to be taken for one'.repeat(100),
    );
    await expectRefused(await rig.run(['resume', '--state', 'state.db']), 'STATE_DAMAGED', /state\.db/u);
  });

  it('has flipped bytes in the middle', async () => {
    await apply('playbook.yaml', [...sample.args, '--state', 'state.db']);
    await fetch(`${rig.url}/_emulator/reset`, { method: 'POST' });
    const { size } = await stat(rig.file('state.db'));
    const handle = await open(rig.file('state.db'), 'r+');
    for (let page = 4096; page < size; page += 4096) await handle.write(Buffer.alloc(64, 0xff), 0, 64, page);
    await handle.close();
    await expectRefused(await rig.run(['resume', '--state', 'state.db']), 'STATE_DAMAGED', /state\.db/u);
  });

  it('has no such run', async () => {
    await expectRefused(await rig.run(['resume', 'nothing']), 'RUN_UNKNOWN');
  });
});

describe('a target that does not answer', () => {
  it('refuses the secret', async () => {
    const finished = await rig.run(['apply', 'playbook.yaml', ...sample.args, '--yes'], {
      env: { TENANTRY_CLIENT_SECRET: 'wrong' },
    });
    await expectRefused(finished, 'CREDENTIALS', /secret/iu);
    expect(finished.stderr).not.toContain('wrong"');
  });

  it('does not know the app', async () => {
    const env = { TENANTRY_CLIENT_ID: '11111111-1111-4111-8111-111111111111' };
    await expectRefused(
      await rig.run(['apply', 'playbook.yaml', ...sample.args, '--yes'], { env }),
      'CREDENTIALS',
      /app/iu,
    );
  });

  it('is not there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const env = { TENANTRY_TARGET: `http://127.0.0.1:${port}` };
    await expectRefused(
      await rig.run(['apply', 'playbook.yaml', ...sample.args, '--yes'], { env }),
      'TARGET',
      new RegExp(`127\\.0\\.0\\.1:${port}`, 'u'),
    );
  });

  it('was not named', async () => {
    await expectRefused(
      await rig.run(['apply', 'playbook.yaml', ...sample.args, '--yes'], {
        env: { TENANTRY_TARGET: undefined },
      }),
      'USAGE',
      /--target/u,
    );
  });

  it('is not known', async () => {
    await expectRefused(
      await rig.run(['apply', 'playbook.yaml', ...sample.args, '--yes'], {
        env: { TENANTRY_TARGET: 'mars' },
      }),
      'TARGET',
      /mars/u,
    );
  });
});

describe('a command line that is wrong', () => {
  it('asks nobody on a machine without a terminal', async () => {
    await expectRefused(await rig.run(['apply', 'playbook.yaml', ...sample.args]), 'USAGE', /--yes/u);
  });

  it('has a command that does not exist', async () => {
    const finished = await rig.run(['aply']);
    expect(finished.status).toBe(1);
    expect(finished.stderr).toMatch(/apply/u);
  });

  it('is answered in JSON with --json', async () => {
    const finished = await rig.run(['validate', 'nothing.yaml', '--json']);
    expect(finished.status).toBe(1);
    expect(JSON.parse(finished.stdout)).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'FILE_NOT_FOUND' }],
    });
  });
});
