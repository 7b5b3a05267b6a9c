import { type KeyObject, randomBytes } from 'node:crypto';
import { copyFile, type FileHandle, open, rename, rm } from 'node:fs/promises';
import process from 'node:process';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import type { PlanSignature, PlanSummary } from '../plan/plan.ts';
import { readPlan } from '../plan/plan-file.ts';
import { signPlan } from '../plan/signature.ts';
import { planLine } from '../report/text.ts';
import { exitStatus } from './exit-status.ts';
import { usage } from './load-playbook.ts';
import type { Common } from './options.ts';
import { signingKey } from './signing.ts';
import { unwritable } from './write-file.ts';

/** `tenantry sign`: puts the reviewer's signature on a plan file that somebody else made. Its records stay as they are. */
export async function signPlanFile(
  options: Common & { readonly sign?: string },
  file: string,
): Promise<number> {
  if (options.sign === undefined || options.sign === '')
    throw usage('no key was given', 'add --sign KEY, or set TENANTRY_SIGN_KEY');
  const summary = await signFile(file, await signingKey(options.sign));
  const { records, seal, signature } = summary;
  process.stdout.write(
    options.json === true
      ? `${printedJson({ signed: true, by: signature.by, seal, records })}\n`
      : `${oneLine(`${file}: ${planLine(summary)}`)}\nSigned with the key ${signature.by}.\n`,
  );
  return exitStatus.done;
}

/** Signs a plan file whose seal holds; a signature that it had is replaced. */
export async function signFile(
  file: string,
  key: KeyObject,
): Promise<PlanSummary & { readonly signature: PlanSignature }> {
  const { header, summary } = await readPlan(file);
  const signed = { ...summary, signature: signPlan({ header, summary }, key) };
  await replaceSummary(file, signed);
  return signed;
}

/** Gives a plan file another last line; whole or not at all, and without reading what lies before it. */
async function replaceSummary(file: string, summary: PlanSummary): Promise<void> {
  const part = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    await copyFile(file, part);
    const handle = await open(part, 'r+');
    try {
      const start = await lastLine(handle);
      await handle.truncate(start);
      await handle.write(Buffer.from(`${JSON.stringify(summary)}\n`), { position: start });
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw unwritable(file, error as Error);
  }
}

const pieceBytes = 64 * 1024;

/** Where the last line of a file begins that is not empty. */
async function lastLine(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  let text = Buffer.alloc(0);
  for (let start = size; start > 0; ) {
    const length = Math.min(pieceBytes, start);
    start -= length;
    const piece = Buffer.alloc(length);
    await handle.read(piece, 0, length, start);
    text = Buffer.concat([piece, text]);
    const at = text.toString('latin1').trimEnd().lastIndexOf('\n');
    if (at !== -1) return start + at + 1;
  }
  return 0;
}
