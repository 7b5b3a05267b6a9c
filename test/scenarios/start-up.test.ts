import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What a command loads: libraries that cost start-up time are loaded when they are needed, not before. */

const executable = path.join(import.meta.dirname, '../../dist/tenantry.js');
const playbook = path.join(import.meta.dirname, '../../workflows/change-seats/playbook.yaml');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tenantry-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What only that library has in it. */
const libraries = { 'the sign-in library': 'msal.js.node', 'the HTTP client': 'undici.error.UND_ERR' };

/** The libraries among the files of the bundle that a command loaded, as V8 tells it. */
async function loadedBy(name: string, ...args: readonly string[]): Promise<readonly string[]> {
  const coverage = path.join(folder, name);
  const env = { ...process.env, NODE_V8_COVERAGE: coverage, TENANTRY_TARGET: undefined };
  await promisify(execFile)(process.execPath, [executable, ...args], { env });
  const [report] = await readdir(coverage);
  const { result } = JSON.parse(await readFile(path.join(coverage, report!), 'utf8')) as {
    readonly result: readonly { readonly url: string }[];
  };
  const files = result.map(({ url }) => url).filter((url) => url.includes('/dist/'));
  expect(files.length).toBeGreaterThan(0);
  const texts = await Promise.all(files.map((url) => readFile(fileURLToPath(url), 'utf8')));
  return Object.entries(libraries)
    .filter(([, mark]) => texts.some((text) => text.includes(mark)))
    .map(([library]) => library);
}

describe('a command that signs in', () => {
  it('loads both', async () => {
    expect(await loadedBy('whoami', 'whoami', '--target', 'emulator')).toEqual(Object.keys(libraries));
  });
});

describe('a command that sends nothing', () => {
  it.each([
    ['help', '--help'],
    ['version', '--version'],
    ['validate', 'validate', playbook],
    ['operations', 'operations', 'customers.create'],
  ])('(%s) loads neither the sign-in library nor the HTTP client', async (name, ...args) => {
    expect(await loadedBy(name, ...args)).toEqual([]);
  });
});
