import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepCompiled } from '../../src/cli/compile-cache.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'tenantry-compiled-'));
});
afterEach(() => rmSync(home, { recursive: true }));

it('keeps what was compiled where the user alone may look', () => {
  const folder = keepCompiled({ HOME: home });
  expect(folder).toBe(path.join(home, '.cache/tenantry/compiled'));
  expect(statSync(folder!).mode & 0o777).toBe(0o700);
});

it('keeps nothing in a folder that others may write to, or that is another one’s in disguise', () => {
  const folder = path.join(home, 'tenantry/compiled');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  expect(keepCompiled({ XDG_CACHE_HOME: home })).toBeUndefined();
  rmSync(folder, { recursive: true });
  mkdirSync(path.join(home, 'theirs'), { mode: 0o700 });
  symlinkSync(path.join(home, 'theirs'), folder);
  expect(keepCompiled({ XDG_CACHE_HOME: home })).toBeUndefined();
});

it('starts all the same where nothing can be kept', () => {
  const file = path.join(home, 'file');
  writeFileSync(file, '');
  expect(keepCompiled({ HOME: file })).toBeUndefined();
  expect(keepCompiled({})).toBeUndefined();
  expect(keepCompiled({ XDG_CACHE_HOME: 'here' })).toBeUndefined();
  expect(existsSync('here')).toBe(false);
});
