import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fieldNames } from '../check/check-playbook.ts';
import type { Playbook, Step } from '../check/playbook.ts';
import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { oneLine, printedJson } from '../diagnostics/neutralise.ts';
import type { Journal, RecordWithEntries, RunStatus } from '../journal/journal.ts';
import { replay } from '../journal/replay.ts';
import { formatYaml, yamlOf } from '../load/format.ts';
import type { Operations } from '../operations/operation.ts';
import type { PlanHeader, PlannedRecord, StandingGroup } from '../plan/plan.ts';
import { sideBySide } from '../plan/plan-records.ts';
import { drift, type Inverse, type Standing, takeBack } from '../plan/undo.ts';
import { formOf, undoPlaybook } from '../plan/undo-playbook.ts';
import { standingLines } from '../report/text.ts';
import { type ApplyOptions, applyPlan } from './apply.ts';
import { pastOf } from './before.ts';
import { planOf } from './begin-run.ts';
import { operationsOf } from './catalogues.ts';
import { exitStatus } from './exit-status.ts';
import { playbookFrom, usage } from './load-playbook.ts';
import { findRun, openJournal } from './open-journal.ts';
import type { Common } from './options.ts';
import { guardsHold, makePlan, placeOf } from './plan.ts';
import { targetOf } from './revise-sources.ts';
import { openSession, type Session } from './session.ts';
import { printPlan, printPlanJson } from './terminal/print-plan.ts';

export interface UndoOptions extends Pick<ApplyOptions, 'out' | 'yes' | 'all' | 'concurrency' | 'results'> {
  /** Keys of the records to undo; without any, all. */
  readonly only?: readonly string[];
}

/**
 * `tenantry undo`: a plan of what takes back what a run did, the last step first, with what stands and why. The plan is
 * one of a playbook that is written beside it, and is reviewed and applied like any other.
 */
export async function undo(options: UndoOptions & Common, id?: string): Promise<number> {
  const place = await placeOf(options.out);
  try {
    const found = await lookBack(options, id);
    if (found.records.length === 0) return sayNothing(found, options);
    const playbook = `${place.file}.yaml`;
    const input = `${place.file}.ndjson`;
    await write(playbook, found.playbook);
    await write(input, found.records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const { target, catalog } = found;
    const inputs = {
      ...options,
      input,
      related: [],
      param: [],
      only: [], // whose records are undone was chosen before
      target,
      ...(catalog === undefined ? {} : { catalog }),
    };
    const made = await makePlan(playbook, { ...inputs, out: place.file }, { undoes: found.undoes });
    if (options.json !== true) await printPlan(made.file, options);
    else if (options.yes !== true) await printPlanJson(made.file);
    if (!guardsHold(made)) return exitStatus.refused;
    if (options.yes === true) return await applyPlan(made.file, inputs);
    if (options.out !== undefined && options.json !== true)
      process.stderr.write(
        `\nThe plan is in ${oneLine(options.out)}. To undo exactly this:\n\n    tenantry apply ${oneLine(options.out)}\n`,
      );
    return exitStatus.done;
  } finally {
    await place.remove();
  }
}

interface LookedBack {
  readonly playbook: string;
  readonly records: readonly unknown[];
  readonly undoes: NonNullable<PlanHeader['undoes']>;
  readonly target: string;
  /** Folders of operations of the partner's own. */
  readonly catalog: readonly string[] | undefined;
}

async function lookBack(options: UndoOptions & Common, id: string | undefined): Promise<LookedBack> {
  const journal = await openJournal(options.state);
  try {
    const run = await findRun(journal, id, options.state);
    const operations = operationsOf(run.catalogues ?? []);
    const { header } = planOf(run);
    const target = targetOf(header, options.target);
    const playbook = playbookFrom(header.playbook.file, run.playbookSource, operations, run.used);
    const position = await journal.position(run.id);
    const session = await openSession(target, operations, playbook.limits);
    try {
      const records = wanted(journal, run, options.only);
      const width = playbook.limits.concurrency;
      const looked = sideBySide(records, width, (row) => lookAt(row, operations, session));
      return { ...(await gather(looked, run, playbook, position)), target, catalog: header.catalogues };
    } finally {
      await session.close();
    }
  } finally {
    await journal.close();
  }
}

async function* wanted(
  journal: Journal,
  run: RunStatus,
  only: readonly string[] | undefined,
): AsyncGenerator<RecordWithEntries> {
  const missing = new Set(only);
  for await (const row of journal.read(run.id)) {
    if (only !== undefined && !missing.delete(row.record.key)) continue;
    yield row;
  }
  if (missing.size > 0)
    throw usage(`the run has no record '${[...missing].join("', '")}'`, `tenantry show ${run.id} lists them`);
}

interface Looked {
  readonly key: string;
  readonly inverses: readonly Inverse[];
  readonly standing: readonly Standing[];
}

/** What takes back what was done of one record, where everything is still as the run left it. */
async function lookAt(row: RecordWithEntries, operations: Operations, session: Session): Promise<Looked> {
  const planned = (row.record.planned as PlannedRecord).actions;
  const { inverses, standing } = takeBack(pastOf(row, operations), planned, operations);
  const good: Inverse[] = [];
  const bad: Standing[] = [...doubtful(row), ...standing];
  for (const inverse of inverses) {
    const reason = await whyNot(inverse, session);
    if (reason === undefined) good.push(inverse);
    else bad.push({ path: inverse.path, uses: inverse.uses, reason });
  }
  return { key: row.record.key, inverses: good, standing: bad };
}

function doubtful({ entries }: RecordWithEntries): readonly Standing[] {
  return [...replay(entries).steps].flatMap(([path, state]) =>
    state.type === 'intended'
      ? [{ path, uses: state.intended.operation, reason: 'it is in doubt: settle it first' }]
      : [],
  );
}

async function whyNot({ left }: Inverse, { reader, client }: Session): Promise<string | undefined> {
  if (left === undefined) return undefined;
  const answer = await reader.read(left.read, left.with, { fresh: true });
  switch (answer.type) {
    case 'ok':
      return drift(left, answer.result, client.now());
    case 'refused':
      return answer.error.status === 404
        ? 'it is gone already'
        : `${left.read.name}: ${answer.error.description}`;
    case 'unknown':
      throw new DiagnosticsError([
        {
          code: 'TARGET',
          severity: 'error',
          message: `${left.read.name} was not answered: ${answer.reason}`,
        },
      ]);
  }
}

async function gather(
  looked: AsyncIterable<Looked>,
  run: RunStatus,
  playbook: Playbook,
  position: number,
): Promise<Omit<LookedBack, 'target' | 'catalog'>> {
  const all: Looked[] = [];
  const examples = new Map<string, Inverse>();
  const standing = new Map<string, StandingGroup>();
  for await (const one of looked) {
    if (one.inverses.length > 0) all.push(one);
    for (const inverse of one.inverses) examples.set(formOf(inverse.path), inverse);
    for (const { path, uses, reason } of one.standing) {
      const known = standing.get(`${uses} ${reason}`) ?? { uses, reason, count: 0, examples: [] };
      const named = known.examples.length < 3 ? [`${one.key} ${path}`] : [];
      standing.set(`${uses} ${reason}`, {
        ...known,
        count: known.count + 1,
        examples: [...known.examples, ...named],
      });
    }
  }
  const order = formsOf(playbook.steps, '').reverse();
  const made = undoPlaybook({ id: run.id, playbook: playbook.name }, order, examples);
  const text = yamlOf(made.document);
  const formatted = formatYaml('undo.yaml', text, fieldNames);
  return {
    playbook: formatted.ok ? formatted.value : text,
    records: all.map(({ key, inverses }) => made.recordOf(key, inverses)),
    undoes: { run: run.id, position, standing: [...standing.values()] },
  };
}

/** Forms of the paths that steps have, in the order in which they run. */
function formsOf(steps: readonly Step[], prefix: string): string[] {
  return steps.flatMap((step) => {
    const path = `${prefix}${step.id}${step.forEach === undefined ? '' : '[]'}`;
    if (step.type !== 'block') return [path];
    return formsOf([...step.steps, ...step.rescue, ...step.finally], `${path}.`);
  });
}

/** Files with what a customer has; readable by their owner only. */
async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    const message = `cannot write ${file}: ${(error as Error).message}`;
    throw new DiagnosticsError([{ code: 'FILE_NOT_FOUND', severity: 'error', message }]);
  }
}

function sayNothing({ undoes }: LookedBack, options: Common): number {
  if (options.json === true) process.stdout.write(`${printedJson({ undoes, records: [] })}\n`);
  else {
    const lines = [
      `Nothing that run ${oneLine(undoes.run)} did can be taken back.`,
      ...standingLines(undoes.standing),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  return exitStatus.done;
}
