import process from 'node:process';
import { Command, CommanderError, Option } from 'commander';
import { neutralise } from '../diagnostics/neutralise.ts';
import { ciAgent } from './ci/agent.ts';
import {
  collect,
  define,
  markdownLimit,
  type SetStatus,
  withCatalog,
  withInput,
  withPolicy,
  withRun,
  withSelection,
  withTrust,
} from './define-command.ts';
import { defineReviewing } from './define-reviewing.ts';
import { exitStatus } from './exit-status.ts';
import { listenToDiagnostics, listenToNotices, reportFailure } from './failure.ts';
import { version } from './version.ts';

/**
 * Runs one command line.
 * @param args words after the program's name
 * @returns the exit status; never throws
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let status: number = exitStatus.done;
  const program = describeProgram((outcome) => {
    status = outcome;
  });
  const writeAnnotations = await annotated();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.refused;
    return reportFailure(error, { debug: args.includes('--debug'), json: args.includes('--json') });
  } finally {
    writeAnnotations();
  }
}

/** In a CI job, has what is wrong shown beside the code; the most important first, so all at the end. */
async function annotated(): Promise<() => void> {
  const agent = ciAgent();
  if (agent === undefined) return () => {};
  const { annotations } = await import('./ci/annotations.ts');
  const collected = annotations(agent);
  listenToDiagnostics(collected.addDiagnostics);
  listenToNotices(collected.add);
  return collected.write;
}

function describeProgram(setStatus: (status: number) => void): Command {
  const program = new Command('tenantry')
    .description('Applies a reviewed YAML playbook to every row of a file, against Microsoft Partner Center.')
    .version(version, '-v, --version')
    .helpCommand(false)
    .showHelpAfterError('(tenantry --help lists the commands)')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(neutralise(text)),
      writeErr: (text) => process.stderr.write(neutralise(text)),
    });
  definePlanning(program, setStatus);
  defineReviewing(program, setStatus);
  defineRunning(program, setStatus);
  defineMending(program, setStatus);
  defineLooking(program, setStatus);
  defineSigningIn(program, setStatus);
  defineEmulator(program, setStatus);
  return program;
}

/** Commands that check and plan: they change nothing. */
function definePlanning(program: Command, setStatus: SetStatus): void {
  define(
    withInput(
      withPolicy(
        program
          .command('validate <playbook>')
          .description('check a playbook, and its input where it is given'),
      ),
    ).option('--sarif <file>', 'write what is wrong as SARIF, for code scanning'),
    setStatus,
    async () => (await import('./validate.ts')).validate,
  );
  define(
    program
      .command('fmt <playbooks...>')
      .description('format playbooks: order, indentation and quotes; comments and meaning stay')
      .option('--check', 'write nothing; exit with 1 where a file would change'),
    setStatus,
    async () => (await import('./fmt.ts')).fmt,
  );
  define(
    withSelection(
      withInput(
        withPolicy(
          program
            .command('plan <playbook>')
            .description('show what applying the playbook would do; changes nothing'),
        ),
      ),
    )
      .option('--out <file>', 'write the plan, for review and for apply')
      .option('--offline', 'plan without asking the service')
      .option('--all', 'print every record, however many there are')
      .option('--markdown <file>', 'write the plan as Markdown for a pull request; - for stdout')
      .addOption(markdownLimit())
      .option('--sign <key>', 'sign the plan file with an Ed25519 key, PEM (or TENANTRY_SIGN_KEY)')
      .option('--skip-invalid', 'an invalid row does not make the plan unfit')
      .option('--detailed-exitcode', 'exit with 2 where the plan has changes')
      .option('--html <file>', 'write the plan as a page to read in a browser')
      .option('--prices <file>', 'a price sheet of Partner Center, for what the page says of cost'),
    setStatus,
    async () => (await import('./plan.ts')).plan,
  );
}

/** Commands that apply: what they do was planned. */
function defineRunning(program: Command, setStatus: SetStatus): void {
  define(
    withTrust(
      withRun(
        withSelection(
          withInput(
            withPolicy(
              program
                .command('apply <plan-or-playbook>')
                .description('apply a reviewed plan file, or plan a playbook, ask, and apply'),
            ),
          ),
        ),
      ),
    )
      .option('--yes', 'do not ask')
      .option('--once', 'go on with the run that this plan file began, where the state has it')
      .addOption(new Option('--auto-approve', 'the same as --yes').hideHelp())
      .option('--all', 'print every record of the plan')
      .option('--skip-invalid', 'leave invalid rows out and report them as failed'),
    setStatus,
    async () => (await import('./apply.ts')).apply,
  );
  define(
    withTrust(
      withRun(
        withPolicy(
          program
            .command('resume [run]')
            .description('go on with a run that was cut off (default: the newest)'),
        ),
      ),
    )
      .option('--retry-failed', 'try the failed records again')
      .option('--settle-only', 'settle what is in doubt, and begin nothing new')
      .option(
        '--settle <record=verdict>',
        'say what became of a request in doubt: done, done:ID or not-done (repeatable)',
        collect,
        [],
      ),
    setStatus,
    async () => (await import('./resume.ts')).resume,
  );
  define(
    program
      .command('approve <run> [records...]')
      .description('approve what records wait for (default: all that wait); resume then goes on with them')
      .option('--wave <n>', 'approve that the next wave begins after this one, whatever failed in it', Number)
      .option('--reject', 'say no: the records fail')
      .option('--by <name>', 'who says so (default: the user of this machine, or of the CI job)')
      .option('--comment <text>', 'kept with it'),
    setStatus,
    async () => (await import('./approve.ts')).approve,
  );
}

/** Commands that go on with a run in another way than it was planned, or back. */
function defineMending(program: Command, setStatus: SetStatus): void {
  define(
    withRun(
      withInput(
        program
          .command('revise [run]')
          .description('go on with a run by corrected rows or a corrected playbook: plans the difference'),
      ),
    )
      .option('--playbook <file>', 'the corrected playbook (default: the one that the run keeps)')
      .option('--out <file>', 'write the plan, for review and for apply')
      .option('--yes', 'apply it without asking')
      .option('--all', 'print every record of the plan')
      .option('--detailed-exitcode', 'exit with 2 where the plan has changes'),
    setStatus,
    async () => (await import('./revise.ts')).revise,
  );
  define(
    withRun(
      program
        .command('undo [run]')
        .description('plan what takes back what a run did, and list what nothing takes back'),
    )
      .option('--only <key...>', 'only these records')
      .option(
        '--out <file>',
        'write the plan, for review and for apply, with its playbook and input beside it',
      )
      .option('--yes', 'apply it without asking')
      .option('--all', 'print every record of the plan'),
    setStatus,
    async () => (await import('./undo.ts')).undo,
  );
}

/** Commands that look at runs and at what Tenantry knows. */
function defineLooking(program: Command, setStatus: SetStatus): void {
  define(
    program.command('runs').description('list the runs of the state file'),
    setStatus,
    async () => (await import('./runs.ts')).runs,
  );
  define(
    program
      .command('show [run]')
      .description('show one run: its records and why they failed')
      .option('--failed', 'only records that failed or are in doubt')
      .option('--waiting', 'only records that wait for approval'),
    setStatus,
    async () => (await import('./show.ts')).show,
  );
  define(
    program
      .command('export [run]')
      .description('write the result files of a run again')
      .option('--failed', 'only failed.csv and in-doubt.csv')
      .option('--secrets', 'write secret outputs in clear')
      .option('--results <dir>', 'folder to write to'),
    setStatus,
    async () => (await import('./export.ts')).exportRun,
  );
  define(
    withCatalog(
      program
        .command('operations [words...]')
        .description('describe one operation by its name, or list those that speak of every word'),
    )
      .option('--area <name>', 'only operations of an area, e.g. customers or billing')
      .addOption(
        new Option('--kind <kind>', 'only operations of a kind').choices([
          'read',
          'list',
          'create',
          'update',
          'delete',
          'action',
        ]),
      ),
    setStatus,
    async () => (await import('./operations.ts')).operations,
  );
  define(
    withCatalog(
      program.command('schema').description('print the JSON Schema of playbooks, for editors'),
    ).addOption(
      new Option('--draft <draft>', 'JSON Schema draft').choices(['2020-12', 'draft-07']).default('2020-12'),
    ),
    setStatus,
    async () => (await import('./schema.ts')).schema,
  );
}

/** Commands for signing in, and for finding out why something does not work. */
function defineSigningIn(program: Command, setStatus: SetStatus): void {
  define(
    program
      .command('login')
      .description('sign in as a user of the partner, by a code that is typed into a browser')
      .option('--device-code', 'by a code even where TENANTRY_REFRESH_TOKEN is set')
      .option('--tenant <id-or-domain>', 'the partner’s tenant (default: TENANTRY_TENANT_ID)')
      .option('--client <id>', 'the app (default: TENANTRY_CLIENT_ID)'),
    setStatus,
    async () => (await import('./login.ts')).login,
  );
  define(
    program.command('logout').description('forget the sign-ins that are kept for the target'),
    setStatus,
    async () => (await import('./logout.ts')).logout,
  );
  define(
    program.command('whoami').description('show who signs in at the target, and what the token says'),
    setStatus,
    async () => (await import('./whoami.ts')).whoami,
  );
  define(
    program
      .command('doctor')
      .description('check this machine, the state, the sign-in and the target; says what to do'),
    setStatus,
    async () => (await import('./doctor.ts')).doctor,
  );
}

function defineEmulator(program: Command, setStatus: SetStatus): void {
  define(
    withCatalog(program.command('emulator').description('run Partner Center’s emulator until interrupted'))
      .option('--port <n>', 'port on 127.0.0.1 (default: any free one)', Number)
      .option('--https', 'speak HTTPS, with a certificate that is made at start')
      .option('--latency <ms>', 'answer after so many milliseconds', Number)
      .option('--rate <n>', 'allow so many requests a second, then answer 429', Number)
      .addOption(
        new Option(
          '--throttle <how>',
          'documented: the service’s own allowances as well, for each customer and kind of thing (default: none)',
        ).choices(['documented', 'none']),
      )
      .option('--faults <spec>', 'inject faults: kind=probability[@operation], …')
      .option('--order-lag <seconds>', 'new orders show in lists after so many seconds', Number)
      .option('--seed <n>', 'seed of every choice that it makes', Number)
      .option('--no-sandbox', 'be no integration sandbox: customers cannot be deleted')
      .addOption(
        new Option('--profile <kind>', 'who the caller is (default: direct)').choices([
          'direct',
          'provider',
          'reseller',
        ]),
      )
      .addOption(
        new Option('--cloud <name>', 'which cloud it is (default: global)').choices([
          'global',
          'china',
          'usgov',
          'germany',
        ]),
      ),
    setStatus,
    async () => (await import('./emulator.ts')).emulator,
  );
}
