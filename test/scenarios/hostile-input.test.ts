import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packWorkbook } from '../../src/load/workbook.ts';
import { type Finished, openRig, type Rig } from './rig.ts';

/** What was made to take the machine, or the reader of its output, in: by the built command line, as a process. */

let rig: Rig;
let service: Server;
let serviceUrl: string;

/** What terminals and CI agents would obey, in one text. */
const nasty =
  '\u001B]0;owned\u0007\u001B[2J##vso[task.setvariable variable=x]y ##[error]z\n::error::w\r\u202E\u0085\u200B#\u200B#vso[a]b';
const raw =
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]|##[a-z]*\[|#\u200B#vso|^\s*::/imu;

const playbook = (name: string) => `tenantry: 1
name: ${JSON.stringify(name)}
input:
  key: \${{ record.id }}
  record: { type: object, required: [id], properties: { id: { type: string }, note: { type: string } } }
steps:
  - id: customer
    uses: customers.get
    with: { customerId: "\${{ record.id }}" }
outputs:
  note: \${{ record.note }}
`;

beforeAll(async () => {
  rig = await openRig();
  // A service that says nasty things, in every place where an answer can say something.
  service = createServer((request, response) => {
    const silent = request.url?.includes('fine') !== true;
    response.writeHead(silent ? 400 : 200, {
      'content-type': 'application/json',
      'ms-requestid': '##vso[x]y',
    });
    response.end(JSON.stringify(silent ? { code: nasty, description: nasty } : { id: nasty }));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => service.close(resolve));
  await rig.close();
});

const cells = (...texts: readonly string[]) =>
  texts.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');

/** A command against the nasty service. */
const run = (...args: readonly string[]) =>
  rig.run(args, {
    env: {
      TENANTRY_TARGET: serviceUrl,
      TENANTRY_ACCESS_TOKEN: 'ready',
      TENANTRY_REFRESH_TOKEN: undefined,
      TENANTRY_CLIENT_SECRET: undefined,
    },
  });

function expectHarmless({ stdout, stderr }: Finished): void {
  expect(stdout).not.toMatch(raw);
  expect(stderr).not.toMatch(raw);
}

describe('what names, rows and answers say', () => {
  const folder = "hostile '##vso[x] \u202E.yaml";
  const rows = 'rows ##[x]\u001B[31m.csv';

  it('is shown by every command and obeyed by nobody', async () => {
    await rig.write(folder, playbook(nasty));
    await rig.write(
      rows,
      `id,note\n${cells(`a${nasty}`, nasty)}\n${cells('fine', '=1+1')}\n${cells('b', nasty)}\n`,
    );
    const input = ['--input', rows];
    const commands: readonly (readonly string[])[] = [
      ['validate', folder, ...input],
      ['validate', folder, ...input, '--json'],
      ['plan', folder, ...input],
      ['plan', folder, ...input, '--json'],
      ['plan', folder, ...input, '--offline', '--out', 'plan ##vso[x].plan'],
      ['apply', folder, ...input, '--yes'],
      ['apply', folder, ...input, '--yes', '--json'],
      ['runs'],
      ['runs', '--json'],
      ['show'],
      ['show', '--json'],
      ['show', '--failed'],
      ['export', '--results', 'out ##vso[x]'],
      ['export', '--json'],
      ['show', nasty],
      ['operations', nasty],
      ['validate', nasty, '--debug'],
      ['validate', nasty, '--json'],
      [nasty],
      ['plan', folder, `--${nasty}`],
      ['plan', folder, '--input', nasty],
      ['plan', folder, ...input, '--param', nasty],
      ['plan', folder, ...input, '--target', nasty],
      ['runs', '--state', `none ${nasty}`],
    ];
    for (const command of commands) {
      const finished = await run(...command);
      expect(finished.stdout + finished.stderr, command.join(' ')).not.toBe('');
      expectHarmless(finished);
    }
  });

  it('is in the JSON as it was', async () => {
    const { stdout } = await run('show', '--json');
    const { run: shown, records } = JSON.parse(stdout) as {
      run: { playbook: string };
      records: { key: string }[];
    };
    expect(shown.playbook).toBe(nasty);
    expect(records.map(({ key }) => key)).toContain(`a${nasty}`);
  });

  it('is no formula in a result that did not come from the input', async () => {
    await run('export', '--results', 'results');
    expect(await rig.read('results/results.csv')).toContain(`"fine","=1+1","'=1+1"`);
  });
});

describe('what is too large', () => {
  const mebi = 1024 * 1024;
  const bomb = () => {
    const xml = Buffer.alloc(100 * mebi, '<row/>');
    const packed = deflateRawSync(xml, { level: 9 });
    const archive = Buffer.from(packWorkbook([['xl/worksheets/sheet1.xml', packed]]));
    for (const [at, method, size] of [
      [0, 8, 22],
      [archive.indexOf('PK\x01\x02'), 10, 24],
    ] as const) {
      archive.writeUInt16LE(8, at + method);
      archive.writeUInt32LE(xml.length, at + size);
    }
    return archive;
  };

  const inputs: readonly (readonly [name: string, make: () => string | Uint8Array, code: string])[] = [
    ['bomb.xlsx', bomb, 'INPUT_FORMAT'],
    ['quote.csv', () => `id\n"${'x'.repeat(100 * mebi)}`, 'INPUT_FORMAT'],
    ['columns.csv', () => `id\n${','.repeat(8 * mebi)}`, 'INPUT_FORMAT'],
    ['line.ndjson', () => `{"id":"${'x'.repeat(100 * mebi)}`, 'INPUT_FORMAT'],
    ['list.json', () => `[${'{},'.repeat(22 * mebi)}`, 'INPUT_FORMAT'],
    ['scalar.yaml', () => `- "${'x'.repeat(100 * mebi)}"`, 'INPUT_FORMAT'],
  ];

  it.each(inputs)('%s is refused in words, in little memory', async (name, make, code) => {
    await rig.write('small.yaml', playbook('small'));
    await rig.write(name, make());
    const finished = await rig.run(['validate', 'small.yaml', '--input', name], {
      env: { NODE_OPTIONS: '--max-old-space-size=192' },
    });
    expect(finished.stderr).toContain(code);
    expect(finished.stderr).not.toContain('INTERNAL');
    expect(finished.status).toBe(1);
  });

  it.each([
    ['scalar', `tenantry: 1\nname: ${'x'.repeat(100 * mebi)}`],
    ['nesting', `tenantry: 1\nsteps: ${'['.repeat(100_000)}`],
  ])('a playbook of too much %s is refused in words, in little memory', async (name, text) => {
    await rig.write(`${name}-playbook.yaml`, text);
    const finished = await rig.run(['validate', `${name}-playbook.yaml`], {
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
    });
    expect(finished.stderr).toContain('YAML_LIMIT');
    expect(finished.status).toBe(1);
  });
});

describe('a plan file that names other files', () => {
  it('has nothing of them shown', async () => {
    await rig.write('secret.txt', 'password: [hunter2\n');
    await rig.write('plain.yaml', playbook('plain'));
    await rig.write('plain.csv', 'id,note\nfine,x\n');
    await run('plan', 'plain.yaml', '--input', 'plain.csv', '--out', 'plain.plan');
    const text = await rig.read('plain.plan');
    for (const [from, to] of [
      ['"plain.yaml"', '"secret.txt"'],
      ['"plain.csv"', '"secret.txt"'],
      ['"plain.csv"', '"/dev/zero"'],
    ] as const) {
      const { createHash } = await import('node:crypto');
      const lines = text.replace(from, to).trimEnd().split('\n');
      const summary = JSON.parse(lines.pop()!) as Record<string, unknown>;
      const { createdAt: _, ...header } = JSON.parse(lines[0]!) as Record<string, unknown>;
      const hash = createHash('sha256').update(JSON.stringify(header));
      for (const line of lines.slice(1)) hash.update(line);
      const sealed = [...lines, JSON.stringify({ ...summary, seal: hash.digest('hex') })].join('\n');
      await rig.write('forged.plan', `${sealed}\n`);
      const finished = await run('apply', 'forged.plan');
      expect(finished.stderr).toMatch(/PLAN_STALE|FILE_NOT_FOUND/u);
      expect(finished.stdout + finished.stderr).not.toContain('hunter2');
      expect(finished.status).toBe(1);
    }
  });
});
