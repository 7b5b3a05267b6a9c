import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { parseJson } from '../load/plain-json.ts';
import { linesOf as linesOfText } from '../load/text.ts';
import type { PlanHeader, PlannedRecord, PlanSummary } from './plan.ts';
import { hasShape } from './plan-shape.ts';
import type { Summary } from './summary.ts';

/**
 * A plan file is NDJSON: the header, a line a record, the summary. The summary's seal is a digest over all lines
 * before it, the time of planning left out, so that planning twice gives the same bytes but for that
 * and for the seconds in the summary, which are estimated by how long calls took.
 */
const formatVersion = 1;

/** A plan file that was found whole and unedited. */
export interface OpenedPlan {
  readonly header: PlanHeader;
  readonly summary: PlanSummary;
  /** Streams the records; may be called again. */
  records(): AsyncGenerator<PlannedRecord>;
}

/**
 * Writes a plan while it is made; the file appears whole or not at all, readable by its owner only.
 * @throws DiagnosticsError FILE_NOT_FOUND where it cannot be written
 */
export async function writePlan(
  file: string,
  header: PlanHeader,
  records: AsyncIterable<PlannedRecord>,
  totals: {
    readonly summary: Summary;
    readonly planningCalls: () => number;
    /** As planning has measured it, where it made calls. */
    readonly secondsPerCall?: () => number | undefined;
  },
): Promise<PlanSummary> {
  const part = `${file}.part`;
  const hash = createHash('sha256').update(sealed(header));
  const stream = createWriteStream(part, { mode: 0o600 });
  const failed = once(stream, 'error').then(([error]) => {
    throw unwritable(file, error as Error);
  });
  failed.catch(() => {});
  const write = async (line: string): Promise<void> => {
    if (!stream.write(`${line}\n`)) await Promise.race([once(stream, 'drain'), failed]);
  };
  try {
    await write(JSON.stringify(header));
    for await (const record of records) {
      const line = JSON.stringify(record);
      hash.update(line);
      totals.summary.add(record);
      await write(line);
    }
    const summary = totals.summary.finish(
      totals.planningCalls(),
      hash.digest('hex'),
      totals.secondsPerCall?.(),
    );
    await write(JSON.stringify(summary));
    stream.end();
    await Promise.race([finished(stream), failed]);
    await rename(part, file);
    return summary;
  } catch (error) {
    stream.destroy();
    await rm(part, { force: true });
    throw error;
  }
}

/** The header as the seal covers it: without the time. */
function sealed(header: PlanHeader): string {
  const { createdAt: _, ...rest } = header;
  return JSON.stringify(rest);
}

/**
 * Opens a plan file and verifies its seal before anything of it is used.
 * @throws DiagnosticsError FILE_NOT_FOUND, PLAN_VERSION, PLAN_EDITED
 */
export async function readPlan(file: string): Promise<OpenedPlan> {
  let header: PlanHeader | undefined;
  let last: string | undefined;
  let hash = createHash('sha256');
  for await (const line of linesOf(file)) {
    if (header === undefined) {
      header = headerOf(file, line);
      hash = hash.update(sealed(header));
      continue;
    }
    if (last !== undefined) hash.update(last);
    last = line;
  }
  const summary =
    header === undefined || last === undefined ? undefined : (parse(last) as PlanSummary | undefined);
  if (header === undefined || summary?.seal !== hash.digest('hex')) throw edited(file);
  if (!hasShape('summary', summary)) throw edited(file);
  return { header, summary, records: () => recordsOf(file) };
}

async function* recordsOf(file: string): AsyncGenerator<PlannedRecord> {
  let first = true;
  let held: string | undefined;
  for await (const line of linesOf(file)) {
    if (!first && held !== undefined) {
      const record = parse(held);
      if (!hasShape('record', record)) throw edited(file);
      yield record as PlannedRecord;
    }
    if (!first) held = line;
    first = false;
  }
}

/** One record with all that it plans. */
const lineCharactersMax = 64 * 1024 * 1024;

async function* linesOf(file: string): AsyncGenerator<string> {
  // Version control may have given the lines other ends.
  for await (const line of linesOfText(file, 'utf-8', lineCharactersMax)) yield line.replace(/\r$/u, '');
}

function headerOf(file: string, line: string): PlanHeader {
  const header = parse(line) as PlanHeader | undefined;
  if (typeof header?.tenantryPlan !== 'number') throw refusal('PLAN_EDITED', `${file} is no plan file`);
  if (header.tenantryPlan !== formatVersion)
    throw refusal(
      'PLAN_VERSION',
      `${file} was written in format ${header.tenantryPlan}, and this version of Tenantry reads ${formatVersion}`,
    );
  if (!hasShape('header', header)) throw edited(file);
  return header;
}

function edited(file: string): DiagnosticsError {
  return refusal('PLAN_EDITED', `${file} is not as it was written: it was edited or cut off`);
}

function parse(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}

function refusal(
  code: Diagnostic['code'],
  message: string,
  help = 'plan again, and have the new plan reviewed',
): DiagnosticsError {
  return new DiagnosticsError([{ code, severity: 'error', message, help }]);
}

function unwritable(file: string, error: Error): DiagnosticsError {
  return refusal(
    'FILE_NOT_FOUND',
    `cannot write the plan ${file}: ${error.message}`,
    'check that the folder exists and can be written',
  );
}
