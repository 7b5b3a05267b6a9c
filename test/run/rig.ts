import { checkPlaybook } from '../../src/check/check-playbook.ts';
import type { Playbook } from '../../src/check/playbook.ts';
import type { InputRecord } from '../../src/check/record.ts';
import type { RunRecord } from '../../src/journal/journal.ts';
import { readDocument } from '../../src/load/document.ts';
import { loadOperations } from '../../src/operations/read.ts';
import type { Client } from '../../src/partner-center/client.ts';
import { Existing } from '../../src/plan/existing.ts';
import { planRecord } from '../../src/plan/plan-record.ts';
import { stepReadsOf } from '../../src/plan/step-reads.ts';
import { waveEnds, waveSizes } from '../../src/plan/waves.ts';
import { applyRun } from '../../src/run/apply.ts';
import { makeDownloads } from '../../src/run/downloads.ts';
import type { RunEvent, RunTotals } from '../../src/run/event.ts';
import { makeLimiter } from '../../src/run/limiter.ts';
import { makeReader } from '../../src/run/reader.ts';
import { type MemoryFiles, memoryFiles } from './memory-files.ts';
import { type Fuse, type MemoryJournal, makeFuse, memoryJournal, type Stored } from './memory-journal.ts';
import { makeService, type ServiceOptions } from './service.ts';
import { virtualClock } from './virtual-clock.ts';

export const operations = loadOperations();

/** A checked playbook from its text. */
export function playbookOf(text: string, used: Readonly<Record<string, string>> = {}): Playbook {
  const read = (file: string, body: string) => {
    const document = readDocument(file, `tenantry: 1\nname: test\n${body}`);
    if (!document.ok) throw new Error(JSON.stringify(document.diagnostics));
    return document.value;
  };
  const files = new Map(Object.entries(used).map(([place, body]) => [place, read(place, body)]));
  const checked = checkPlaybook(read('playbook.yaml', text), operations, files);
  if (!checked.ok)
    throw new Error(checked.diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return checked.value;
}

export interface Rig {
  readonly service: ReturnType<typeof makeService>;
  readonly clock: ReturnType<typeof virtualClock>;
  readonly files: MemoryFiles;
  readonly stored: Stored;
  readonly events: RunEvent[];
  readonly trace: string[];
  /** Applies what is open, in a process of its own. */
  apply(options?: Applying): Promise<RunTotals>;
  /** The same, with time passing by itself. */
  run(options?: Applying): Promise<RunTotals>;
  readonly journal: MemoryJournal;
}

export interface Applying {
  readonly fuse?: Fuse;
  readonly retryFailed?: boolean;
  readonly drain?: AbortSignal;
  readonly stop?: AbortSignal;
  /** Told of every place in the journal that is passed. */
  readonly onTrace?: (place: string) => void;
}

/** Plans a playbook for some records against a fresh service and begins a run of it. */
export async function makeRig(
  playbook: Playbook,
  rows: readonly Readonly<Record<string, unknown>>[],
  service: Partial<ServiceOptions> & {
    readonly prepare?: (service: ReturnType<typeof makeService>) => void;
  } = {},
): Promise<Rig> {
  const clock = virtualClock();
  const trace: string[] = [];
  const made = makeService({ clock, replays: true, trace, ...service });
  service.prepare?.(made);
  const events: RunEvent[] = [];
  const records = await clock.run(planAll(playbook, rows, made.client, clock));
  trace.length = 0;
  made.seen.length = 0;
  const header = {
    id: 'run-1',
    createdAt: clock.now(),
    plan: {},
    summary: {},
    playbookSource: playbook.source,
    inputHeader: '',
    records: records.length,
    parameters: {},
    options: {},
  };
  const waves = await wavesFor(playbook, records);
  const files = memoryFiles(clock);
  const stored: Stored = { header, records, entries: [], state: 'running' };
  const rig: { journal: MemoryJournal } = { journal: memoryJournal(stored, makeFuse(), trace) };
  const never = new AbortController().signal;
  const apply = ({
    fuse = makeFuse(),
    retryFailed = false,
    drain = never,
    stop = never,
    onTrace = () => {},
  }: Applying = {}) => {
    const push = (place: string) => {
      trace.push(place);
      onTrace(place);
    };
    rig.journal = memoryJournal(stored, fuse, { push });
    return applyRun({
      journal: rig.journal,
      counts: rig.journal.counts(),
      playbook,
      parameters: {},
      operations,
      client: made.withFuse(fuse),
      downloads: makeDownloads({
        files,
        folder: 'results',
        begunAt: header.createdAt,
      }),
      world: { clock, random: { next: () => 0.5, uuid: () => crypto.randomUUID() } },
      listener: (event) => events.push(event),
      drain,
      stop,
      retryFailed,
      waves,
    });
  };
  return Object.assign(rig, {
    service: made,
    clock,
    files,
    stored,
    events,
    trace,
    apply,
    run: (options?: Applying) => clock.run(apply(options)),
  });
}

/** As a run is begun by the command line. */
async function wavesFor({ limits }: Playbook, records: readonly RunRecord[]) {
  if (limits.rollout === undefined) return undefined;
  async function* indexes() {
    for (const { index } of records) yield index;
  }
  return waveEnds(waveSizes(limits.rollout, records.length), indexes());
}

async function planAll(
  playbook: Playbook,
  rows: readonly Readonly<Record<string, unknown>>[],
  client: Client,
  clock: ReturnType<typeof virtualClock>,
): Promise<readonly RunRecord[]> {
  const world = { clock, random: { next: () => 0.5, uuid: () => crypto.randomUUID() } };
  const listener = () => {};
  const reader = makeReader({
    client,
    limiter: makeLimiter({ limits: playbook.limits, world, listener }),
    world,
    listener,
  });
  const planned = rows.map(async (values, index) => {
    const key = String(values.key);
    const record: InputRecord = { index, key, values, cell: { file: 'input.csv', row: index + 2 }, raw: key };
    const plan = await planRecord(record, {
      playbook,
      parameters: {},
      reader,
      existing: new Existing(reader, operations, 1),
      operations,
      stepReads: stepReadsOf(playbook),
    });
    return { index, key, planned: JSON.parse(JSON.stringify(plan)) as unknown, values, raw: key };
  });
  return Promise.all(planned);
}
