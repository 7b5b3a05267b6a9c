import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** The CI systems that are told of things in their own words. */
export type CiAgent = 'github' | 'azure';

/** Whose job this process is a part of, by the variable that the system sets; TENANTRY_CI says another, or `none`. */
export function ciAgent(env: NodeJS.ProcessEnv = process.env): CiAgent | undefined {
  const said = env.TENANTRY_CI;
  if (said === 'github' || said === 'azure') return said;
  if (said === 'none') return undefined;
  if (env.GITHUB_ACTIONS === 'true') return 'github';
  return env.TF_BUILD?.toLowerCase() === 'true' ? 'azure' : undefined;
}

/**
 * A file as its repository names it, with `/`; undefined where it lies outside, and cannot be shown there.
 * @param file relative to the working folder, or absolute
 */
export function inRepository(file: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const root = repositoryRoot(env);
  const relative = path.relative(root, path.resolve(file));
  const outside = relative === '' || relative === '..' || relative.startsWith(`..${path.sep}`);
  return outside || path.isAbsolute(relative) ? undefined : relative.split(path.sep).join('/');
}

function repositoryRoot(env: NodeJS.ProcessEnv): string {
  const said = env.GITHUB_WORKSPACE ?? env.BUILD_SOURCESDIRECTORY;
  if (said !== undefined && said !== '') return path.resolve(said);
  for (let folder = process.cwd(); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, '.git'))) return folder;
    if (folder === path.dirname(folder)) return process.cwd();
  }
}
