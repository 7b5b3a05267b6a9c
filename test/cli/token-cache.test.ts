import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTokenCache } from '../../src/cli/token-cache.ts';
import type { KeptSignIn } from '../../src/partner-center/credentials.ts';

const signIn: KeptSignIn = {
  source: 'login',
  authority: 'https://login.example',
  tenantId: 'tenant-1',
  clientId: 'app-1',
  refreshToken: 'refresh-1',
  byDevice: true,
  keptAt: 1,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tenantry-tokens-'));
  process.env.TENANTRY_STATE_KEY = 'one key';
});
afterEach(async () => {
  delete process.env.TENANTRY_STATE_KEY;
  await rm(folder, { recursive: true, force: true });
});

const files = async () => (await readdir(folder)).map((name) => path.join(folder, name));

describe('a sign-in that is kept', () => {
  it('is read again, and replaced by its next, not joined by it', async () => {
    const cache = openTokenCache(folder);
    await cache.keep(signIn);
    await cache.keep({ ...signIn, refreshToken: 'refresh-2', keptAt: 2 });
    expect(await cache.read()).toEqual({
      signIns: [{ ...signIn, refreshToken: 'refresh-2', keptAt: 2 }],
      unreadable: 0,
    });
  });

  it('stands apart for each authority, tenant, app and source, the newest first', async () => {
    const cache = openTokenCache(folder);
    const others: readonly KeptSignIn[] = [
      { ...signIn, authority: 'https://login.other', keptAt: 5 },
      { ...signIn, tenantId: 'tenant-2', keptAt: 4 },
      { ...signIn, clientId: 'app-2', keptAt: 3 },
      { ...signIn, source: 'environment', keptAt: 2 },
    ];
    for (const each of [signIn, ...others]) await cache.keep(each);
    expect((await cache.read()).signIns).toEqual([...others, signIn]);
    await cache.remove(others[0]!);
    expect((await cache.read()).signIns).toEqual([...others.slice(1), signIn]);
  });

  it('is encrypted, and readable by its user alone', async () => {
    await openTokenCache(folder).keep(signIn);
    const [file] = await files();
    const text = await readFile(file!, 'utf8');
    for (const part of ['refresh-1', 'tenant-1', 'app-1', 'login.example']) expect(text).not.toContain(part);
    expect((await stat(file!)).mode & 0o777).toBe(0o600);
  });

  it('cannot be opened with another key, nor when it was changed, nor under the name of another', async () => {
    const cache = openTokenCache(folder);
    await cache.keep(signIn);
    process.env.TENANTRY_STATE_KEY = 'another key';
    expect(await cache.read()).toEqual({ signIns: [], unreadable: 1 });
    process.env.TENANTRY_STATE_KEY = 'one key';
    const [file] = await files();
    const text = await readFile(file!, 'utf8');
    await writeFile(
      file!,
      text
        .replace(/.(?="\}\}\s*$)/u, (last) => (last === 'A' ? 'B' : 'A'))
        .replace(/(?<="\$encrypted":")./u, (first) => (first === 'A' ? 'B' : 'A')),
    );
    expect(await cache.read()).toEqual({ signIns: [], unreadable: 1 });
    await writeFile(file!, text);
    await rename(file!, path.join(folder, `${'0'.repeat(32)}.sign-in`));
    expect(await cache.read()).toEqual({ signIns: [], unreadable: 1 });
  });

  it('is one of those that were kept at the same moment, whole, with nothing left beside it', async () => {
    const caches = Array.from({ length: 4 }, () => openTokenCache(folder));
    const texts = Array.from({ length: 40 }, (_, index) => `refresh-${index}`.repeat(500));
    await Promise.all(
      texts.map((refreshToken, index) => caches[index % 4]!.keep({ ...signIn, refreshToken })),
    );
    const { signIns, unreadable } = await openTokenCache(folder).read();
    expect(unreadable).toBe(0);
    expect(signIns).toHaveLength(1);
    expect(texts).toContain(signIns[0]!.refreshToken);
    expect(await files()).toHaveLength(1);
  });

  it('is none where nothing was ever kept', async () => {
    expect(await openTokenCache(path.join(folder, 'nowhere')).read()).toEqual({ signIns: [], unreadable: 0 });
  });
});
