import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { checkCatalogue } from '../check/check-catalogue.ts';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { type Document, listLimits, readDocument } from '../load/document.ts';
import { extend } from '../operations/extend.ts';
import type { Catalogue, Operations } from '../operations/operation.ts';
import { entrySchema, loadOperations } from '../operations/read.ts';
import { digestOfCatalogue } from '../plan/fits.ts';
import type { PlanHeader } from '../plan/plan.ts';
import { rememberSource } from './failure.ts';
import { accept, playbookText } from './load-playbook.ts';

/** The operations of a command: the catalogue, and what the folders that it was given add. */
export async function operationsWith(folders: readonly string[] = []): Promise<Operations> {
  return folders.length === 0 ? loadOperations() : operationsOf(await readCatalogues(folders));
}

/**
 * The same of texts that are at hand already, e.g. those that a run keeps.
 * @throws DiagnosticsError with all that is wrong with them
 */
export function operationsOf(catalogues: readonly Catalogue[]): Operations {
  const base = loadOperations();
  if (catalogues.length === 0) return base;
  const files = new Map<string, Document>();
  for (const { folder, files: texts } of catalogues) {
    for (const [name, text] of Object.entries(texts)) {
      const file = path.join(folder, name);
      rememberSource(file, text);
      files.set(nameOf(file, files), accept(readDocument(file, text, listLimits)));
    }
  }
  return extend(base, accept(checkCatalogue(files, base, entrySchema())), catalogues);
}

/** The operations that a plan was made with, where its catalogues are there and unchanged; else those that ship. */
export async function operationsOfPlan({ catalogues, digests }: PlanHeader): Promise<Operations> {
  if (catalogues === undefined) return loadOperations();
  try {
    const read = await readCatalogues(catalogues);
    const same = read.every(
      (catalogue, index) => digestOfCatalogue(catalogue) === digests.catalogues?.[index],
    );
    return same ? operationsOf(read) : loadOperations();
  } catch (error) {
    if (error instanceof DiagnosticsError) return loadOperations();
    throw error;
  }
}

/** References name a file without its ending; of two folders with a file of one name the second is told apart. */
function nameOf(file: string, taken: ReadonlyMap<string, unknown>): string {
  const name = path.basename(file).replace(/\.ya?ml$/u, '');
  return taken.has(name) ? file : name;
}

const filesMax = 200;

/** The texts of some folders. @throws DiagnosticsError where one is no folder of YAML files */
export async function readCatalogues(folders: readonly string[]): Promise<readonly Catalogue[]> {
  const catalogues: Catalogue[] = [];
  for (const folder of folders) {
    const names = await yamlFilesIn(folder);
    const files: Record<string, string> = {};
    for (const name of names) files[name] = await playbookText(path.join(folder, name));
    catalogues.push({ folder, files });
  }
  return catalogues;
}

async function yamlFilesIn(folder: string): Promise<readonly string[]> {
  const names = await listed(folder);
  const files = names.filter((name) => /\.ya?ml$/u.test(name)).sort();
  if (files.length === 0) throw refused(folder, 'it holds no .yaml file');
  if (files.length > filesMax) throw refused(folder, `it holds more than ${filesMax} files`);
  return files;
}

async function listed(folder: string): Promise<readonly string[]> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('it is no folder');
    return await readdir(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw refused(folder, code === 'ENOENT' ? 'there is no such folder' : message);
  }
}

function refused(folder: string, why: string): DiagnosticsError {
  const diagnostic: Diagnostic = {
    code: 'CATALOGUE',
    severity: 'error',
    message: `${folder} is no catalogue: ${why}`,
    help: 'give the folder with the files of entries, e.g. --catalog workflows/establish-gdap/catalog',
  };
  return new DiagnosticsError([diagnostic]);
}
