import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import { loadOperations } from '../operations/read.ts';
import { broken, doubtful, type Finding } from './doctor/finding.ts';
import { examineMachine } from './doctor/machine.ts';
import { examineCall, examineNetwork, examineSignIns } from './doctor/service.ts';
import { exitStatus } from './exit-status.ts';
import type { Common } from './options.ts';
import { connect } from './session.ts';
import { worldOf } from './sign-in.ts';
import { findTarget } from './target.ts';
import { wantsColour } from './terminal/colour.ts';

/** `tenantry doctor`: what may be wrong around a run, from this machine to one cheap call. 1 where something is broken. */
export async function doctor(options: Common): Promise<number> {
  const findings: Finding[] = [];
  const colour = wantsColour(process.stdout, options.color);
  const tell = (found: readonly Finding[]) => {
    findings.push(...found);
    if (options.json !== true) for (const finding of found) process.stdout.write(line(finding, colour));
  };
  tell(await examineMachine(options.state));
  if (options.target === undefined)
    tell([
      doubtful(
        'target',
        'none was named, so nothing was called',
        'add --target global, or set TENANTRY_TARGET',
      ),
    ]);
  else await examineTarget(options.target, tell);
  const sound = findings.every(({ status }) => status !== 'broken');
  if (options.json === true) process.stdout.write(`${printedJson({ ok: sound, checks: findings })}\n`);
  return sound ? exitStatus.done : exitStatus.refused;
}

async function examineTarget(name: string, tell: (found: readonly Finding[]) => void): Promise<void> {
  const operations = loadOperations();
  let connection: Awaited<ReturnType<typeof connect>>;
  try {
    connection = await connect(name, operations);
  } catch (error) {
    // Without credentials the network can be looked at all the same.
    tell([...(await networkOf(name)), broken('sign-in', error)]);
    return;
  }
  try {
    tell(await examineNetwork(connection));
    const { findings, had } = await examineSignIns(connection);
    tell(findings);
    if (had[0] !== undefined) tell(await examineCall(connection, operations, had[0].token));
  } finally {
    await connection.close();
  }
}

async function networkOf(name: string): Promise<readonly Finding[]> {
  try {
    const world = worldOf();
    try {
      return await examineNetwork({ world, target: await findTarget(name, world) });
    } finally {
      await world.transport.close();
    }
  } catch {
    return []; // what is wrong with the target is what `connect` says
  }
}

const marks = { ok: ['✓', 32], doubtful: ['!', 33], broken: ['✗', 31] } as const;

function line({ name, status, message, help }: Finding, colour: boolean): string {
  const [mark, code] = marks[status];
  const shown = colour ? `\u001B[${code}m${mark}\u001B[0m` : mark;
  const todo =
    help === undefined
      ? ''
      : `${help
          .split('\n')
          .map((text) => `      ${oneLine(text.trim())}`)
          .join('\n')}\n`;
  return `${shown} ${name.padEnd(18)} ${oneLine(message)}\n${todo}`;
}
