import path from 'node:path';
import { type Command, Option } from 'commander';
import type { Common } from './options.ts';

/** Hears the exit status of the command that ran. */
export type SetStatus = (status: number) => void;

type Action<Options> = (options: Options & Common, ...operands: string[]) => Promise<number>;

/** Adds the options that every command has, and the lazily loaded action. */
export function define<Options>(
  command: Command,
  setStatus: SetStatus,
  load: () => Promise<Action<Options>>,
): Command {
  return command
    .addOption(
      new Option('--target <target>', 'emulator, global, china, usgov, germany, or a URL').env(
        'TENANTRY_TARGET',
      ),
    )
    .addOption(
      new Option('--state <state>', 'where runs are kept: a file, or postgres://…')
        .env('TENANTRY_STATE')
        .default('.tenantry/state.db'),
    )
    .option('--json', 'machine-readable output on stdout')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .option('--debug', 'show stack traces')
    .action(async (...received: unknown[]) => {
      // commander passes the operands, then the options, then the command itself.
      const options = received.at(-2) as Options & Common;
      const operands = received.slice(0, -2) as string[];
      setStatus(await (await load())(options, ...operands));
    });
}

/** The option of commands that know operations. */
export function withCatalog(command: Command): Command {
  return command.addOption(
    new Option('--catalog <dir>', 'operations of your own: a folder of entries (repeatable)')
      .env('TENANTRY_CATALOG')
      .argParser(collectFolders),
  );
}

/** The environment names several as a search path does. */
function collectFolders(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...value.split(path.delimiter).filter((folder) => folder !== '')];
}

/** Options of commands that read a playbook's input. */
export function withInput(command: Command): Command {
  return withCatalog(command)
    .option('--input <file>', 'records: CSV, XLSX, JSON, NDJSON or YAML')
    .option('--related <name=file>', 'rows of another file joined into each record (repeatable)', collect, [])
    .option('--param <name=value>', 'a parameter of the playbook (repeatable)', collect, [])
    .option('--params <file>', 'parameters from a YAML or JSON file')
    .option('--encoding <name>', 'encoding of the input, where it is not found by itself')
    .option('--delimiter <character>', 'delimiter of a CSV input, where it is not found by itself')
    .option('--sheet <name>', 'sheet of an XLSX input');
}

/** What an organisation allows, for commands that check, plan or send. */
export function withPolicy(command: Command): Command {
  return command.addOption(
    new Option('--policy <file>', 'what the organisation allows, whatever the playbook says').env(
      'TENANTRY_POLICY',
    ),
  );
}

/** Options that choose rows of the input, for commands that plan. */
export function withSelection(command: Command): Command {
  return command
    .option('--limit <n>', 'only the first so many records', Number)
    .option('--only <key>', 'only the record with this key (repeatable)', collect, [])
    .option('--exclude-file <file>', 'leave out the records whose keys the file lists');
}

/** Values of an option that may be given several times. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Options of commands that run. */
export function withRun(command: Command): Command {
  return command
    .option('--concurrency <n>', 'records in flight, in place of the playbook’s', Number)
    .option('--results <dir>', 'folder for results.csv, failed.csv and in-doubt.csv')
    .option('--junit <file>', 'write the outcome as JUnit XML, a case a row');
}

/** What Markdown is to fit. */
export function markdownLimit(): Option {
  return new Option('--markdown-limit <place>', 'what the Markdown is to fit')
    .choices(['comment', 'summary'])
    .default('comment');
}

/** Refuses plans that nobody signed who is trusted here. */
export function withTrust(command: Command): Command {
  return command.addOption(
    new Option(
      '--require-signature <key>',
      'go by a plan only that was signed with this Ed25519 key (its public half, PEM)',
    ).env('TENANTRY_REQUIRE_SIGNATURE'),
  );
}
