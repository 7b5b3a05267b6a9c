import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { checkPlaybook } from '../check/check-playbook.ts';
import { checkParameters } from '../check/parameters.ts';
import type { Playbook } from '../check/playbook.ts';
import { filesMax, filesNamedIn, type PlaybookFiles, placeNamed } from '../check/playbook-files.ts';
import { type At, type Checked, type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { type Document, plain, readDocument, tooLarge } from '../load/document.ts';
import type { Operations } from '../operations/operation.ts';
import { printDiagnostics, rememberSource } from './failure.ts';
import type { InputOptions } from './options.ts';

/** Gives the value of a stage, prints its warnings, throws its errors. */
export function accept<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new DiagnosticsError(checked.diagnostics);
  printDiagnostics(checked.diagnostics);
  return checked.value;
}

/** A mistake on the command line itself. */
export function usage(message: string, help?: string): DiagnosticsError {
  const diagnostic: Diagnostic = {
    code: 'USAGE',
    severity: 'error',
    message,
    ...(help === undefined ? {} : { help }),
  };
  return new DiagnosticsError([diagnostic]);
}

/** Reads and checks a playbook with those that it uses; every error of the files is thrown at once. */
export async function loadPlaybook(file: string, operations: Operations): Promise<Playbook> {
  const text = await playbookText(file);
  rememberSource(file, text);
  const document = accept(readDocument(file, text));
  return accept(checkPlaybook(document, operations, await readUsed(document)));
}

/** More bytes than a playbook may have characters: the file need not be read to be refused. */
const bytesMax = 8 * 1024 * 1024;

/** The text of a playbook. @throws DiagnosticsError FILE_NOT_FOUND, YAML_LIMIT */
export async function playbookText(file: string): Promise<string> {
  try {
    return await textOf(file);
  } catch (error) {
    if (error instanceof DiagnosticsError) throw error;
    throw new DiagnosticsError([unreadable(file, error as NodeJS.ErrnoException)]);
  }
}

async function textOf(file: string): Promise<string> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  if (size > bytesMax) throw new DiagnosticsError([tooLarge(file)]);
  return await handle.readFile('utf8');
}

/** The same for texts that are at hand already: the playbook that a run keeps, and those that it uses. */
export function playbookFrom(
  file: string,
  text: string,
  operations: Operations,
  used: Playbook['used'] = {},
): Playbook {
  const read = (name: string, source: string) => {
    rememberSource(name, source);
    return accept(readDocument(name, source));
  };
  const files = new Map(
    Object.entries(used).map(([place, source]) => [place, read(fileAt(file, place), source)]),
  );
  return accept(checkPlaybook(read(file, text), operations, files));
}

/** The file at a place, as it is named from where the command runs. */
export function fileAt(playbook: string, place: string): string {
  return path.join(path.dirname(playbook), ...place.split('/'));
}

/** Reads the playbooks that one uses, and those that they use. What is wrong with using them is the check's to say. */
async function readUsed(root: Document): Promise<PlaybookFiles> {
  const files = new Map<string, Document>();
  const folder = await realpath(path.dirname(root.file));
  const open: { readonly document: Document; readonly place: string }[] = [
    { document: root, place: path.basename(root.file) },
  ];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const node of filesNamedIn(next.document.root)) {
      const place = placeNamed(String(node.value), next.place);
      if (place === undefined || files.has(place)) continue;
      if (files.size === filesMax) throw new DiagnosticsError([tooManyFiles(node.at)]);
      const document = await readUsedAt(fileAt(root.file, place), folder, node.at);
      files.set(place, document);
      open.push({ document, place });
    }
  }
  return files;
}

async function readUsedAt(file: string, folder: string, at: At): Promise<Document> {
  try {
    const real = await realpath(file).catch(() => file);
    if (path.relative(folder, real).startsWith('..')) throw new DiagnosticsError([outside(file)]);
    const text = await playbookText(file);
    rememberSource(file, text);
    return accept(readDocument(file, text));
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    const related = [{ message: 'it is used here', at }];
    throw new DiagnosticsError(
      error.diagnostics.map((found) =>
        found.at === undefined
          ? { ...found, at }
          : { ...found, related: [...(found.related ?? []), ...related] },
      ),
    );
  }
}

function outside(file: string): Diagnostic {
  return {
    code: 'FILE_NOT_FOUND',
    severity: 'error',
    message: `${file} is a link that leads out of the playbook's folder`,
    help: 'a review has to see all that is applied: put the file itself there',
  };
}

function tooManyFiles(at: At): Diagnostic {
  return {
    code: 'YAML_LIMIT',
    severity: 'error',
    message: `the playbook is made of more than ${filesMax} files`,
    at,
  };
}

function unreadable(file: string, error: NodeJS.ErrnoException): Diagnostic {
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'you may not read it',
  };
  return {
    code: 'FILE_NOT_FOUND',
    severity: 'error',
    message: `cannot read ${file}: ${why[error.code ?? ''] ?? error.message}`,
    help: 'give the path of a playbook, e.g. workflows/onboard-customers/playbook.yaml',
  };
}

/** `name=value` words as a map. Throws where one has no `=` or a name occurs twice. */
export function assignments(option: string, words: readonly string[]): Readonly<Record<string, string>> {
  const found = Object.create(null) as Record<string, string>;
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) throw usage(`${option} ${word} is not of the form name=value`);
    const name = word.slice(0, equals);
    if (Object.hasOwn(found, name)) throw usage(`${option} gives '${name}' twice`);
    found[name] = word.slice(equals + 1);
  }
  return found;
}

/** Parameters from `--param`, `--params` and the environment, checked. */
export async function loadParameters(
  playbook: Playbook,
  options: InputOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const given = assignments('--param', options.param);
  return accept(checkParameters(playbook, given, await parametersFile(options.params)));
}

/** What `--params FILE` holds; undefined without one. */
export async function parametersFile(file: string | undefined): Promise<unknown> {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await textOf(file);
  } catch (error) {
    throw usage(`cannot read the parameters in ${file}: ${(error as Error).message}`);
  }
  if (text.trim() === '') return undefined;
  const document = readDocument(file, text);
  if (document.ok) return plain(document.value.root);
  // Not shown in its line, which may hold a secret.
  const [{ at, message, help }] = document.diagnostics as [(typeof document.diagnostics)[number]];
  const line = text.slice(0, at?.offset ?? 0).split('\n').length;
  throw usage(`cannot read the parameters in ${file}: line ${line}: ${message}`, help);
}
