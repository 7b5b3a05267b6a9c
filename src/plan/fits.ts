import { hash } from 'node:crypto';
import type { InputRecord } from '../check/record.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Catalogue } from '../operations/operation.ts';
import type { Digests, PlanHeader } from './plan.ts';

/** What a plan is made from. */
export interface Sources {
  readonly playbook: string;
  /** The texts of the playbooks that it uses, by their place. */
  readonly used: Readonly<Record<string, string>>;
  /** Digests of the files, hex. */
  readonly input: string;
  readonly related: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly operations: string;
  /** Folders of entries that are added to the catalogue, with their texts. */
  readonly catalogues: readonly Catalogue[];
  readonly target: string;
  readonly selection?: string | undefined;
}

/** Digests of all that a plan is made from; of secret parameters too, which the plan itself does not hold. */
export function digestsOf(sources: Sources): Digests {
  return {
    playbook: digestOfText(sources.playbook),
    input: sources.input,
    related: sources.related,
    parameters: digestOfText(canonical(sources.parameters)),
    operations: sources.operations,
    target: digestOfText(sources.target),
    ...(sources.catalogues.length === 0 ? {} : { catalogues: sources.catalogues.map(digestOfCatalogue) }),
    ...(Object.keys(sources.used).length === 0 ? {} : { used: usedDigests(sources.used) }),
    ...(sources.selection === undefined ? {} : { selection: sources.selection }),
  };
}

function usedDigests(used: Sources['used']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(used)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([place, text]) => [place, digestOfText(text)]),
  );
}

/** SHA-256 over the names and texts of a folder of entries, hex. */
export function digestOfCatalogue({ files }: Catalogue): string {
  return digestOfText(canonical(files));
}

/** SHA-256, hex. */
export function digestOfText(text: string): string {
  return hash('sha256', text, 'hex');
}

/** JSON with sorted keys: the order in which parameters were given means nothing. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`)
    .join(',')}}`;
}

/** Digest of one row with its related rows. Secrets in it are only hashed. */
export function digestOfRecord(record: InputRecord): string {
  return digestOfText(`${record.raw}\u0000${canonical(record.values)}`).slice(0, 16);
}

/**
 * What has changed since a plan was made: it is then refused, for it is not what was reviewed.
 * @returns a diagnostic for each thing that changed, with the command that plans again
 */
export function fits(header: PlanHeader, now: Digests): readonly Diagnostic[] {
  const { digests, playbook, input } = header;
  const help = `plan again, and have the new plan reviewed:\n    ${planCommand(header)}`;
  const stale = (message: string): Diagnostic => ({
    code: 'PLAN_STALE',
    severity: 'error',
    message: `the plan no longer fits: ${message}`,
    help,
  });
  const changed: Diagnostic[] = [];
  if (digests.playbook !== now.playbook)
    changed.push(stale(`the playbook ${playbook.file} has changed since`));
  for (const place of new Set([...Object.keys(digests.used ?? {}), ...Object.keys(now.used ?? {})])) {
    if (digests.used?.[place] !== now.used?.[place])
      changed.push(stale(`the playbook ${place}, which ${playbook.file} uses, has changed since`));
  }
  const folders = header.catalogues ?? [];
  for (const [index, folder] of folders.entries())
    if (digests.catalogues?.[index] !== now.catalogues?.[index])
      changed.push(stale(`the operations in ${folder} have changed since`));
  if ((now.catalogues ?? []).length !== folders.length)
    changed.push(stale('it was made with other folders of operations'));
  if (digests.input !== now.input) changed.push(stale(`the input ${input.file} has changed since`));
  for (const [name, digest] of Object.entries(digests.related)) {
    if (now.related[name] !== digest)
      changed.push(stale(`the related file ${input.related[name]} has changed since`));
  }
  if (digests.selection !== now.selection)
    changed.push(stale(`the keys to leave out in ${header.selection?.exclude?.file} have changed since`));
  if (digests.parameters !== now.parameters) changed.push(stale('a parameter has another value now'));
  if (digests.operations !== now.operations)
    changed.push(stale('it was made with another version of the operations'));
  if (digests.target !== now.target)
    changed.push(stale(`it was made for the target ${header.target}, which is not the one given`));
  return changed;
}

function planCommand({ playbook, input, selection, catalogues = [], target }: PlanHeader): string {
  const words = [
    ...Object.entries(input.related).map(([name, file]) => ` --related ${name}=${file}`),
    ...catalogues.map((folder) => ` --catalog ${folder}`),
    ...(selection?.only ?? []).map((key) => ` --only ${key}`),
    ...(selection?.exclude === undefined ? [] : [` --exclude-file ${selection.exclude.file}`]),
    ...(selection?.limit === undefined ? [] : [` --limit ${selection.limit}`]),
  ];
  return `tenantry plan ${playbook.file} --input ${input.file}${words.join('')} --target ${target} --out FILE`;
}
