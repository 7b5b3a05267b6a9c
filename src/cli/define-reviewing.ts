import { type Command, Option } from 'commander';
import { define, markdownLimit, type SetStatus } from './define-command.ts';

/** Commands that compare, vouch for and tell what was planned, and what came of it. */
export function defineReviewing(program: Command, setStatus: SetStatus): void {
  define(
    program
      .command('sign <plan>')
      .description('sign a plan file that was reviewed')
      .addOption(new Option('--sign <key>', 'an Ed25519 private key, PEM').env('TENANTRY_SIGN_KEY')),
    setStatus,
    async () => (await import('./sign.ts')).signPlanFile,
  );
  define(
    program
      .command('diff <before> <after>')
      .description('show what changed between two plan files')
      .option('--all', 'print every difference, however many there are')
      .option('--detailed-exitcode', 'exit with 2 where the plans differ'),
    setStatus,
    async () => (await import('./diff.ts')).diff,
  );
  define(
    program
      .command('report [plan-or-run]')
      .description('say how a run ended, what went wrong and what to do; or write the page of a plan file')
      .option('--html <file>', 'a page of the run or the plan, to read in a browser')
      .option('--prices <file>', 'a price sheet of Partner Center, for what a plan’s page says of cost')
      .option('--junit <file>', 'JUnit XML of a run, a case a row')
      .option('--markdown <file>', 'Markdown of a run, failures by their cause')
      .addOption(markdownLimit()),
    setStatus,
    async () => (await import('./report.ts')).report,
  );
}
