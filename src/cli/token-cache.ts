import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { seal, unseal } from '../journal/seal.ts';
import type { KeptSignIn } from '../partner-center/credentials.ts';
import { configFolder } from './config-folder.ts';
import { stateKey } from './state-key.ts';

/**
 * Sign-ins that are kept from command to command: a file each, encrypted with the key of the state, readable by its
 * user alone. A file is only ever replaced whole, so that of two processes that keep one at the same time either is
 * kept and none is torn.
 */
export interface TokenCache {
  /** All that can be opened, the newest first; and how many cannot. */
  read(): Promise<{ readonly signIns: readonly KeptSignIn[]; readonly unreadable: number }>;
  /** Resolves once it is on the disk for good. */
  keep(signIn: KeptSignIn): Promise<void>;
  remove(signIn: KeptSignIn): Promise<void>;
}

const extension = '.sign-in';

export function openTokenCache(folder = path.join(configFolder(), 'tokens')): TokenCache {
  return {
    read: async () => {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(extension));
      if (names.length === 0) return { signIns: [], unreadable: 0 };
      const key = await stateKey();
      const found = await Promise.all(names.map((name) => readOne(folder, name, key)));
      const signIns = found.filter((signIn) => signIn !== undefined);
      return {
        signIns: signIns.toSorted((a, b) => b.keptAt - a.keptAt),
        unreadable: found.length - signIns.length,
      };
    },
    keep: async (signIn) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const name = nameOf(signIn);
      const text = JSON.stringify({
        tenantrySignIn: 1,
        content: seal({ $secret: signIn }, await stateKey()),
      });
      const temporary = path.join(folder, `${name}.${randomBytes(6).toString('hex')}`);
      const handle = await open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(`${text}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, path.join(folder, name));
    },
    remove: (signIn) => rm(path.join(folder, nameOf(signIn)), { force: true }),
  };
}

/** Named by what it is for, so that it takes the place of the one before it. */
function nameOf({ authority, tenantId, clientId, source }: KeptSignIn): string {
  const key = [authority, tenantId, clientId].map((part) => part.toLowerCase());
  return `${createHash('sha256')
    .update([...key, source].join('\n'))
    .digest('hex')
    .slice(0, 32)}${extension}`;
}

/** Undefined for what another key encrypted, for what is damaged, and for a file under another's name. */
async function readOne(folder: string, name: string, key: Uint8Array): Promise<KeptSignIn | undefined> {
  try {
    const { content } = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as { content: unknown };
    const { $secret } = unseal(content, key) as { readonly $secret: KeptSignIn };
    return nameOf($secret) === name ? $secret : undefined;
  } catch {
    return undefined;
  }
}
