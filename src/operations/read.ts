import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { JsonSchema } from '../schema/schema.ts';
import { type CatalogueJson, openCatalogue } from './built.ts';
import { operationsOf } from './extend.ts';
import type { Operations } from './operation.ts';
import { EntryError, type ResourceFile, resolveFiles } from './resolve.ts';

/** The package's root: one level above the bundle, two above this source. */
const root = existsSync(path.join(import.meta.dirname, '../../schemas/partner-center'))
  ? path.join(import.meta.dirname, '../..')
  : path.join(import.meta.dirname, '..');

/**
 * The catalogue.
 * @param folder folder of entries; without one the built catalogue beside the bundle, or the package's own entries
 * @throws Error naming file and entry where an entry is wrong: a bug of the project, which tests find
 */
export function loadOperations(folder?: string): Operations {
  for (const built of folder === undefined ? ['catalogue.jsons', '../catalogue.jsons'] : []) {
    const file = path.join(import.meta.dirname, built);
    if (existsSync(file)) return openCatalogue(readFileSync(file));
  }
  return operationsOf(buildCatalogue(folder));
}

/** Reads and resolves every entry of a folder. */
export function buildCatalogue(folder = path.join(root, 'schemas/partner-center')): CatalogueJson {
  try {
    return resolveFiles(readFiles(folder));
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new Error(`${error.file}.yaml: ${error.entry}: ${error.message}`, { cause: error });
  }
}

/** What a catalogue file may say, as JSON Schema. */
export function entrySchema(): JsonSchema {
  return JSON.parse(readFileSync(path.join(root, 'schemas/entry.schema.json'), 'utf8')) as JsonSchema;
}

function readFiles(folder: string): ReadonlyMap<string, ResourceFile> {
  // The YAML library is needed only where the catalogue was not built beforehand.
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  return new Map(
    names.map((file) => [
      file.slice(0, -'.yaml'.length),
      parse(readFileSync(path.join(folder, file), 'utf8')) as ResourceFile,
    ]),
  );
}
