/**
 * The executable: checks the Node.js version before anything that needs it is loaded, then hands over.
 * Everything here must parse and run on the oldest Node.js that somebody may start it with.
 */
import process from 'node:process';

const neededMajor = 24;

function tooOld(): string | undefined {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= neededMajor) return undefined;
  return [
    `tenantry needs Node.js ${neededMajor} or newer; this is Node.js ${process.versions.node} (${process.execPath}).`,
    'Install a newer one (https://nodejs.org), or run tenantry through npm in a project that has node as a dev dependency:',
    '',
    `    npm install --save-dev node@${neededMajor}`,
    '    npx tenantry --help',
    '',
  ].join('\n');
}

async function main(): Promise<void> {
  const complaint = tooOld();
  if (complaint !== undefined) {
    process.stderr.write(complaint);
    process.exitCode = 1;
    return;
  }
  const { keepCompiled } = await import('./cli/compile-cache.ts');
  keepCompiled();
  const { runCommandLine } = await import('./cli/program.ts');
  process.exitCode = await runCommandLine(process.argv.slice(2));
}

// A closed pipe (`tenantry plan … | head`) is an ordinary end, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  throw error;
});

await main();
