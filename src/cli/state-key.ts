import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { configFolder } from './config-folder.ts';
import { type Keyring, type OpenKeyring, openKeyring } from './keyring.ts';

/** The key that secrets in a state file are encrypted with, and where it came from. */
export interface StateKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** In words. */
  readonly from: string;
  /** Why it is not in the keyring, although that was asked for. */
  readonly notInKeyring?: string;
}

/** @throws DiagnosticsError STATE_KEY where it cannot be read or made */
export async function stateKey(): Promise<Uint8Array> {
  return (await findStateKey()).key;
}

/**
 * TENANTRY_STATE_KEY where it is set (any text; a CI secret). Else a file of the user's own, made once, readable by
 * nobody else. With TENANTRY_KEYRING the key goes to the keyring of the operating system, once and for good, and the
 * file says so: it alone decides where the key is, so that no second key is ever made while the first one exists.
 * @throws DiagnosticsError STATE_KEY where it cannot be read or made
 */
export async function findStateKey(openRing: OpenKeyring = openKeyring): Promise<StateKey> {
  const text = process.env.TENANTRY_STATE_KEY ?? '';
  if (text !== '') return { key: createHash('sha256').update(text).digest(), from: 'TENANTRY_STATE_KEY' };
  const file = path.join(configFolder(), 'state.key');
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    return await readOrMake(file, openRing);
  } catch (error) {
    const message = `the key for secrets in the state cannot be read or made: ${file}: ${(error as Error).message}`;
    const help =
      error instanceof RingError
        ? 'unlock the keyring, or write into that file what the keyring holds under that name; with TENANTRY_STATE_KEY set to any text everything but the secrets that are there already still works'
        : 'set TENANTRY_STATE_KEY to a long random text, the same for every command on one state file';
    throw new DiagnosticsError([{ code: 'STATE_KEY', severity: 'error', message, help }]);
  }
}

/** The key is in the keyring and cannot be had. Another one must not take its place. */
class RingError extends Error {}

async function readOrMake(file: string, openRing: OpenKeyring): Promise<StateKey> {
  const asked = !['', '0'].includes(process.env.TENANTRY_KEYRING ?? '');
  const kept = await readKept(file);
  if (kept?.account !== undefined) return fromKeyring(kept.account, file, openRing);
  const key = kept?.key ?? randomBytes(32);
  let refusal: string | undefined;
  if (asked) {
    try {
      const ring = await openRing();
      await putInto(ring, key);
      if (await tellFile(file, key, kept === undefined)) return { key, from: nameOf(ring, file) };
      await ring.remove(accountOf(key));
      return await readOrMake(file, openRing);
    } catch (error) {
      refusal = (error as Error).message;
    }
  }
  const from = { from: file, ...(refusal === undefined ? {} : { notInKeyring: refusal }) };
  if (kept !== undefined || (await create(file, key.toString('base64')))) return { key, ...from };
  return readOrMake(file, openRing);
}

interface Kept {
  readonly key?: Buffer;
  /** Where in the keyring it is, in its place. */
  readonly account?: string;
}

const inKeyring = /^keyring (state-key-[0-9a-f]{16})$/u;

async function readKept(file: string): Promise<Kept | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const account = inKeyring.exec(text.trim())?.[1];
  return account === undefined ? { key: decode(text) } : { account };
}

function decode(text: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== 32) throw new Error('it does not hold a key of 32 bytes');
  return key;
}

/** Each key has a place of its own, so none is ever written over; and what is read proves to be the one. */
function accountOf(key: Uint8Array): string {
  return `state-key-${createHash('sha256').update('tenantry state key').update(key).digest('hex').slice(0, 16)}`;
}

async function fromKeyring(account: string, file: string, openRing: OpenKeyring): Promise<StateKey> {
  try {
    const ring = await openRing();
    const text = await ring.read(account);
    if (text === undefined) throw new Error(`${ring.name} does not hold it`);
    const key = decode(text);
    if (accountOf(key) !== account) throw new Error(`${ring.name} holds another one`);
    return { key, from: nameOf(ring, file) };
  } catch (error) {
    throw new RingError(`it is in the keyring as '${account}': ${(error as Error).message}`);
  }
}

/** Throws unless the keyring gives back what it was given. */
async function putInto(ring: Keyring, key: Buffer): Promise<void> {
  const account = accountOf(key);
  const text = key.toString('base64');
  await ring.write(account, text);
  if ((await ring.read(account)) !== text) throw new Error(`${ring.name} does not keep what it is given`);
}

/** @returns false where another process was first to make the file */
async function tellFile(file: string, key: Uint8Array, isNew: boolean): Promise<boolean> {
  const text = `keyring ${accountOf(key)}`;
  if (isNew) return create(file, text);
  await rename(await writeBeside(file, text), file);
  await syncFolder(file);
  return true;
}

/**
 * The file appears whole or not at all, and of two processes that start at once one makes it.
 * @returns false where there is one already
 */
async function create(file: string, text: string): Promise<boolean> {
  const beside = await writeBeside(file, text);
  try {
    await link(beside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
  await syncFolder(file);
  return true;
}

async function writeBeside(file: string, text: string): Promise<string> {
  const beside = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(beside, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true });
  return beside;
}

/** What is encrypted with a key may be on the disk for good sooner than the key's file. Windows has no such call. */
async function syncFolder(file: string): Promise<void> {
  const folder = await open(path.dirname(file)).catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

function nameOf({ name }: Keyring, file: string): string {
  return `${name}, as ${file} says`;
}
