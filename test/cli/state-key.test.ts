import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenKeyring } from '../../src/cli/keyring.ts';
import { findStateKey } from '../../src/cli/state-key.ts';

/** Keyrings of memory; the real one is the user's own and no place for tests. */

const before = { ...process.env };
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tenantry-key-'));
  file = path.join(folder, 'tenantry', 'state.key');
  process.env.XDG_CONFIG_HOME = folder;
  for (const name of ['TENANTRY_STATE_KEY', 'TENANTRY_KEYRING']) delete process.env[name];
});
afterEach(async () => {
  process.env = { ...before };
  await rm(folder, { recursive: true, force: true });
});

const none: OpenKeyring = async () => {
  throw new Error('no session bus');
};
const neverAsked: OpenKeyring = () => expect.fail('the keyring was opened');

function ringOf(
  entries = new Map<string, string>(),
): OpenKeyring & { readonly entries: Map<string, string> } {
  const ring = {
    name: 'Test Ring',
    read: async (account: string) => entries.get(account),
    write: async (account: string, text: string) => void entries.set(account, text),
    remove: async (account: string) => void entries.delete(account),
  };
  return Object.assign(async () => ring, { entries });
}

const keyOf = async (open: OpenKeyring) => Buffer.from((await findStateKey(open)).key).toString('base64');
const refused = (message: RegExp) => ({
  diagnostics: [{ code: 'STATE_KEY', message: expect.stringMatching(message), help: expect.any(String) }],
});

describe('the key of the state', () => {
  it('is that of the environment before any other', async () => {
    process.env.TENANTRY_STATE_KEY = 'a secret of the CI';
    process.env.TENANTRY_KEYRING = '1';
    const { key, from } = await findStateKey(neverAsked);
    expect(key).toHaveLength(32);
    expect(from).toBe('TENANTRY_STATE_KEY');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is made once, in a file that only its user can read, where nothing is asked for', async () => {
    const key = await keyOf(neverAsked);
    expect(await keyOf(neverAsked)).toBe(key);
    expect((await readFile(file, 'utf8')).trim()).toBe(key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(path.dirname(file))).toEqual(['state.key']);
  });

  it('is one and the same for all that make it at the same moment', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => keyOf(neverAsked)));
    expect(new Set(keys).size).toBe(1);
    expect(await readdir(path.dirname(file))).toEqual(['state.key']);
  });

  it('is refused where the file holds something else', async () => {
    await keyOf(neverAsked);
    await writeFile(file, 'short\n');
    await expect(findStateKey(neverAsked)).rejects.toMatchObject(refused(/32 bytes/u));
  });
});

describe('with TENANTRY_KEYRING it', () => {
  beforeEach(() => {
    process.env.TENANTRY_KEYRING = '1';
  });

  it('never touches the disk where it is new, and is found again without being asked for', async () => {
    const ring = ringOf();
    const key = await keyOf(ring);
    expect([...ring.entries.values()]).toEqual([key]);
    expect((await readFile(file, 'utf8')).trim()).toBe(`keyring ${[...ring.entries.keys()][0]}`);
    delete process.env.TENANTRY_KEYRING;
    const { from } = await findStateKey(ring);
    expect(from).toBe(`Test Ring, as ${file} says`);
    expect(await keyOf(ring)).toBe(key);
  });

  it('moves there from the file, and stays the same', async () => {
    process.env.TENANTRY_KEYRING = '0';
    const key = await keyOf(neverAsked);
    process.env.TENANTRY_KEYRING = '1';
    const ring = ringOf();
    expect(await keyOf(ring)).toBe(key);
    expect(await readFile(file, 'utf8')).not.toContain(key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await keyOf(ring)).toBe(key);
    expect(await readdir(path.dirname(file))).toEqual(['state.key']);
  });

  it('is one and the same for all that make it at the same moment, and no other is left in the keyring', async () => {
    const ring = ringOf();
    const keys = await Promise.all(Array.from({ length: 20 }, () => keyOf(ring)));
    expect(new Set(keys).size).toBe(1);
    expect([...ring.entries.values()]).toEqual([keys[0]]);
  });

  it('stays in the file where there is no keyring, or one that keeps nothing, and says why', async () => {
    const found = await findStateKey(none);
    expect(found).toMatchObject({ from: file, notInKeyring: 'no session bus' });
    const forgetful = ringOf();
    const opened = await forgetful();
    const again = await findStateKey(async () => ({ ...opened, write: async () => {} }));
    expect(again).toMatchObject({ from: file, key: found.key, notInKeyring: expect.stringMatching(/keep/u) });
    expect((await readFile(file, 'utf8')).trim()).toBe(Buffer.from(found.key).toString('base64'));
  });

  it('is never replaced by another while the keyring is locked, emptied or another user’s', async () => {
    const ring = ringOf();
    await keyOf(ring);
    await expect(findStateKey(none)).rejects.toMatchObject(refused(/no session bus/u));
    await expect(findStateKey(ringOf())).rejects.toMatchObject(refused(/does not hold it/u));
    const [account] = ring.entries.keys();
    const strange = ringOf(new Map([[account!, Buffer.alloc(32, 1).toString('base64')]]));
    await expect(findStateKey(strange)).rejects.toMatchObject(refused(/another one/u));
    expect(strange.entries.size).toBe(1);
  });

  it('comes back from the keyring by writing into the file what it holds', async () => {
    const ring = ringOf();
    const key = await keyOf(ring);
    delete process.env.TENANTRY_KEYRING;
    await writeFile(file, `${[...ring.entries.values()][0]}\n`);
    expect(await keyOf(neverAsked)).toBe(key);
  });
});
