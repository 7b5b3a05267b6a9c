import type { Checked } from '../diagnostics/diagnostic.ts';
import { type Document, plain } from '../load/document.ts';
import type { CatalogueJson } from '../operations/built.ts';
import { extend } from '../operations/extend.ts';
import type { Operations } from '../operations/operation.ts';
import { EntryError, type ResourceFile, resolveFiles } from '../operations/resolve.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { validatorOf } from './json-schema.ts';
import { judgeEntry } from './judge-entry.ts';
import { meant, Problems } from './problems.ts';
import { reportMisfits } from './schema-misfits.ts';
import { nodeAt } from './schema-places.ts';

/**
 * Checks the files of a catalogue that a partner adds, as strictly as the tests check the one that ships. Pure.
 * @param files name (without ending) → document
 * @param base the operations that are there already; none of them can be replaced
 * @param schema what a file may say (entry.schema.json)
 * @returns the entries, resolved, or all that is wrong with them, each at its place
 */
export function checkCatalogue(
  files: ReadonlyMap<string, Document>,
  base: Operations,
  schema: JsonSchema,
): Checked<CatalogueJson> {
  const problems = new Problems();
  const validate = validatorOf(schema);
  for (const { root } of files.values())
    if (!validate(plain(root))) reportMisfits(validate.errors ?? [], root, problems);
  if (problems.failed) return { ok: false, diagnostics: problems.found };
  const plainFiles = new Map(
    [...files].map(([name, { root }]) => [name, plain(root) as unknown as ResourceFile]),
  );
  for (const [name, file] of plainFiles) refuseNames(file, files.get(name)!, base, problems);
  refuseTwice(plainFiles, files, problems);
  if (problems.failed) return { ok: false, diagnostics: problems.found };
  const entries = resolved(plainFiles, files, problems);
  if (entries === undefined) return { ok: false, diagnostics: problems.found };
  const all = extend(base, entries, []);
  for (const [name, file] of plainFiles)
    for (const id of Object.keys(file.operations ?? {}))
      judgeEntry(
        entries[id]!,
        all,
        (path) => nodeAt(files.get(name)!.root, ['operations', id, ...path]),
        problems,
      );
  return problems.failed
    ? { ok: false, diagnostics: problems.found }
    : { ok: true, value: entries, diagnostics: problems.found };
}

/** An operation belongs to its resource, and none takes the place of another. */
function refuseNames(file: ResourceFile, { root }: Document, base: Operations, problems: Problems): void {
  for (const id of Object.keys(file.operations ?? {})) {
    const at = nodeAt(root, ['operations', id]).keyAt;
    const [resource] = id.split('.');
    if (resource !== file.resource)
      problems.error('CATALOGUE', `'${id}' stands in the file of '${file.resource}'`, at, {
        expected: `${file.resource}.${id.split('.')[1]}`,
      });
    if (base.get(id) !== undefined)
      problems.error('CATALOGUE', `there is an operation '${id}' already`, at, {
        help: 'no catalogue replaces what is reviewed under a name: give it another one',
      });
  }
}

function refuseTwice(
  plainFiles: ReadonlyMap<string, ResourceFile>,
  files: ReadonlyMap<string, Document>,
  problems: Problems,
): void {
  const first = new Map<string, string>();
  for (const [name, file] of plainFiles) {
    for (const id of [...Object.keys(file.operations ?? {}), ...Object.keys(file.hosts ?? {})]) {
      const other = first.get(id);
      const where = id.includes('.') ? 'operations' : 'hosts';
      if (other !== undefined)
        problems.error(
          'CATALOGUE',
          `'${id}' stands in two files`,
          nodeAt(files.get(name)!.root, [where, id]).keyAt,
          {
            related: [
              { message: 'the first one is here', at: nodeAt(files.get(other)!.root, [where, id]).keyAt },
            ],
          },
        );
      else first.set(id, name);
    }
  }
}

function resolved(
  plainFiles: ReadonlyMap<string, ResourceFile>,
  files: ReadonlyMap<string, Document>,
  problems: Problems,
): CatalogueJson | undefined {
  try {
    return resolveFiles(new Map([...plainFiles].map(([name, file]) => [name, withLeast(file)])));
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    const { file, entry, message } = error;
    problems.error(
      'CATALOGUE',
      `${entry}: ${message}`,
      nodeAt(files.get(file)!.root, ['operations', entry]).keyAt,
      {
        ...meant(message.split(' ')[1] ?? '', Object.keys(plainFiles.get(file)?.schemas ?? {})),
      },
    );
    return undefined;
  }
}

/** What the catalogue that ships says of every entry, and a partner's need not. */
function withLeast(file: ResourceFile): ResourceFile {
  return {
    ...file,
    defaults: {
      auth: ['app', 'app+user'],
      clouds: ['global', 'china', 'usgov', 'germany'],
      partners: ['direct', 'provider', 'reseller'],
      throttle: { group: file.resource },
      ...file.defaults,
    },
  };
}
