import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import process from 'node:process';

/**
 * Keeps what V8 made of the program's text, so that the next command need not compile it again. What lies there is run as
 * code: it is kept only in a folder that is this user's and that nobody else may open.
 * @returns the folder; undefined where none can be had, and the program starts as it would without
 */
export function keepCompiled(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const home = env.XDG_CACHE_HOME ?? env.LOCALAPPDATA ?? (env.HOME && path.join(env.HOME, '.cache'));
  if (home === undefined || !path.isAbsolute(home)) return undefined;
  const folder = path.join(home, 'tenantry', 'compiled');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(folder)) return undefined;
    enableCompileCache(folder);
    return folder;
  } catch {
    return undefined; // a home that cannot be written to, or that is no folder
  }
}

function isOwn(folder: string): boolean {
  const { uid, mode } = lstatSync(folder);
  // Windows has no such bits: what lies in a profile is its user's.
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o170077) === 0o040000);
}
