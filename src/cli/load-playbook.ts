import { open } from 'node:fs/promises';
import { checkPlaybook } from '../check/check-playbook.ts';
import { checkParameters } from '../check/parameters.ts';
import type { Playbook } from '../check/playbook.ts';
import { type Checked, type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { plain, readDocument, tooLarge } from '../load/document.ts';
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

/** Reads and checks a playbook; every error of the file is thrown at once. */
export async function loadPlaybook(file: string, operations: Operations): Promise<Playbook> {
  return playbookFrom(file, await playbookText(file), operations);
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

/** The same for a text that is at hand already, e.g. the playbook that a run keeps. */
export function playbookFrom(file: string, text: string, operations: Operations): Playbook {
  rememberSource(file, text);
  return accept(checkPlaybook(accept(readDocument(file, text)), operations));
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

async function parametersFile(file: string | undefined): Promise<unknown> {
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
