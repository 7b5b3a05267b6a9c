import { settleByHand, type Verdict } from '../../src/cli/settle-by-hand.ts';
import { DiagnosticsError } from '../../src/diagnostics/diagnostic.ts';
import { type Journal, LeaseHeld, type RunJournal, type RunRecord } from '../../src/journal/journal.ts';
import { openSqliteJournal } from '../../src/journal/sqlite.ts';
import { makeClient } from '../../src/partner-center/client.ts';
import { resolveTarget } from '../../src/partner-center/clouds.ts';
import type { Reader } from '../../src/partner-center/reader.ts';
import type { Tokens } from '../../src/partner-center/token.ts';
import { Existing } from '../../src/plan/existing.ts';
import { planRecord } from '../../src/plan/plan-record.ts';
import { wrapSecrets } from '../../src/plan/secrets.ts';
import { stepReadsOf } from '../../src/plan/step-reads.ts';
import { applyRun } from '../../src/run/apply.ts';
import { makeDownloads } from '../../src/run/downloads.ts';
import type { RunTotals } from '../../src/run/event.ts';
import { makeLimiter } from '../../src/run/limiter.ts';
import { makeReader } from '../../src/run/reader.ts';
import { type Dice, makeDice } from './dice.ts';
import { brokenRules } from './invariants.ts';
import { epoch, type Fate, Process, type WallClock } from './process.ts';
import { operations, type Row, type Scene, scenes } from './scenes.ts';
import { Service } from './service.ts';
import { freshStateFile } from './state-file.ts';
import { Timeline } from './timeline.ts';
import { type Fault, tokenUntil, Weather } from './weather.ts';

export interface SeedResult {
  readonly seed: number;
  readonly scene: string;
  /** What must never be, in words; empty where all is well. */
  readonly broken: readonly string[];
  readonly lives: number;
  readonly requests: number;
  readonly faults: Partial<Record<Fault, number>>;
  readonly virtualMs: number;
  /** What happened, a line each, in order. */
  readonly told: readonly string[];
}

const leaseMs = 20_000;
const key = new Uint8Array(32).fill(7);
const runId = '20260101-000000-5eed';
/** After so many processes the weather is fine and nobody dies: the run must come to its end. */
const livesInDanger = 4;
const target = resolveTarget('http://127.0.0.1:9');

/** Lives through one seed: plan, apply, faults and deaths, resumes until the run has ended, and the questions after it. */
export async function simulate(seed: number): Promise<SeedResult> {
  const story = new Story(seed);
  let broken: readonly string[];
  try {
    broken = await story.timeline.until(story.tell());
  } catch (error) {
    broken = [`the simulation ended with ${error instanceof Error ? error.stack : String(error)}`];
  }
  return {
    seed,
    scene: story.scene.name,
    broken,
    lives: story.lives,
    requests: story.weather.sent.length,
    faults: story.weather.counted,
    virtualMs: story.timeline.now,
    told: story.told(),
  };
}

function isTooEarly(error: unknown): false {
  if (error instanceof DiagnosticsError && /may still happen/u.test(error.message)) return false;
  throw error;
}

type End =
  | { readonly type: 'ended'; readonly totals: RunTotals }
  | { readonly type: 'died' }
  | { readonly type: 'gaveUp'; readonly error: unknown };

class Story {
  readonly timeline = new Timeline();
  readonly scene: Scene;
  readonly weather: Weather;
  readonly #service: Service;
  readonly #dice: Dice;
  readonly #wall: WallClock = { offsetMs: 0 };
  readonly #file: string;
  readonly #rows: readonly Row[];
  /** When each process got the lease. */
  readonly #owners: { readonly process: string; readonly at: number }[] = [];
  readonly #overwrites: string[] = [];
  lives = 0;

  constructor(seed: number) {
    this.#file = freshStateFile(seed);
    this.#dice = makeDice(seed, 'story');
    const dice = this.#dice;
    const honoursRequestIds = dice.chance(0.5);
    this.scene = dice.pick(scenes);
    this.#service = new Service(
      {
        honoursRequestIds,
        refusesTaken: dice.chance(0.5),
        lagMs: dice.chance(0.4) ? 900_000 : dice.chance(0.5) ? 5_000 : 0,
        registrationReads: dice.between(0, 3),
      },
      () => this.timeline.now,
    );
    this.weather = new Weather({
      dice: makeDice(seed, 'weather'),
      timeline: this.timeline,
      service: this.#service,
      honoursRequestIds,
      share: dice.pick([0, 0.05, 0.15, 0.4]),
      most: dice.between(1, 25),
    });
    this.#rows = this.scene.prepare(this.#service, dice.between(1, 3), dice);
  }

  /** Requests and changes of owner as lines. */
  told(): readonly string[] {
    const requests = this.weather.sent.map(
      ({ at, process, method, target: where, requestId, fault, status, endedAt }) =>
        [
          at,
          `${process} ${method} ${where} ${requestId.slice(0, 8)} ${fault ?? ''} → ${status ?? '-'} ${endedAt}`,
        ] as const,
    );
    const owners = this.#owners.map(({ at, process }) => [at, `${process} owns the run`] as const);
    return [...requests, ...owners]
      .sort(([a], [b]) => a - b)
      .map(([at, line]) => `${at.toFixed(0).padStart(9)} ${line}`);
  }

  async tell(): Promise<readonly string[]> {
    this.weather.fine = true;
    await this.#begin();
    this.weather.fine = false;
    await this.#untilFinished();
    return this.#questions();
  }

  /** Plans in fine weather, and begins the run. */
  async #begin(): Promise<void> {
    const process = new Process('planner', this.timeline, this.#wall, {});
    const { reader } = this.#connect(process);
    const { playbook } = this.scene;
    const context = {
      playbook,
      parameters: {},
      reader,
      existing: new Existing(reader, operations, this.#rows.length),
      operations,
      stepReads: stepReadsOf(playbook),
    };
    const records: RunRecord[] = [];
    for (const [index, values] of this.#rows.entries()) {
      const cell = { file: 'input.csv', row: index + 2 };
      const planned = await planRecord({ index, key: values.key, values, cell, raw: values.key }, context);
      records.push({
        index,
        key: values.key,
        planned,
        values: wrapSecrets(values, playbook.input.record),
        raw: values.key,
      });
    }
    const journal = this.#open(process);
    const run = await journal.createRun({
      id: runId,
      createdAt: process.clock.now(),
      plan: {},
      summary: {},
      playbookSource: playbook.source,
      inputHeader: '',
      records: records.length,
      parameters: {},
      options: {},
    });
    await run.addRecords(records);
    await run.begin();
    await run.release();
    await journal.close();
  }

  /** One process after another, and sometimes two at once, until one has finished the run. */
  async #untilFinished(): Promise<void> {
    const dice = this.#dice;
    const behind: Promise<unknown>[] = [];
    this.#stepClock(dice);
    for (;;) {
      const life = this.#live(this.#fate(dice), { retryFailed: false });
      const end = await Promise.race([life.end, life.frozen]);
      if (end === 'frozen') {
        behind.push(life.end);
        continue;
      }
      if (end.type === 'ended' && end.totals.status === 'finished') break;
      if (this.lives > 40) throw new Error(`the run does not end: ${JSON.stringify(end)}`);
    }
    this.weather.fine = true;
    await Promise.all(behind);
  }

  #fate(dice: Dice): Fate {
    if (this.lives >= livesInDanger) {
      this.weather.fine = true;
      return {};
    }
    const reach = this.#rows.length * 90;
    return {
      dies: dice.chance(0.6) ? dice.between(1, reach) : undefined,
      freezes: dice.chance(0.25)
        ? { at: dice.between(1, reach), ms: dice.pick([1_000, 15_000, 40_000, 300_000]) }
        : undefined,
    };
  }

  /** Somebody sets the clock while the run is under way. */
  #stepClock(dice: Dice): void {
    if (!dice.chance(0.2)) return;
    const by = dice.pick([-3_600_000, -60_000, -5_000, 5_000, 60_000]);
    this.timeline.after(dice.between(0, 60_000), () => {
      this.#wall.offsetMs += by;
    });
  }

  #live(
    fate: Fate,
    options: { readonly retryFailed: boolean },
  ): { readonly end: Promise<End>; readonly frozen: Promise<'frozen'> } {
    this.lives += 1;
    const process = new Process(`process-${this.lives}`, this.timeline, this.#wall, fate);
    const journal = this.#open(process);
    const died = new Promise<End>((resolve) => {
      process.atDeath(() => {
        void journal.close(); // at once: what was queued for the commit of this turn is lost
        resolve({ type: 'died' });
      });
    });
    const frozen = new Promise<'frozen'>((resolve) => process.atFreeze(() => resolve('frozen')));
    const work = this.#apply(process, journal, options).then(
      (totals): End => ({ type: 'ended', totals }),
      (error: unknown): End => ({ type: 'gaveUp', error }),
    );
    const end = Promise.race([died, work]).then(async (ended) => {
      if (ended.type !== 'died') await journal.close();
      return ended;
    });
    return { end, frozen };
  }

  async #apply(
    process: Process,
    journal: Journal,
    { retryFailed }: { readonly retryFailed: boolean },
  ): Promise<RunTotals> {
    const run = await this.#takeOver(process, journal);
    const { client, world } = this.#connect(process);
    const never = new AbortController().signal;
    const { counts } = (await journal.run(runId))!;
    const totals = await applyRun({
      journal: process.journal(run, () => this.#noteWrite(process)),
      counts,
      playbook: this.scene.playbook,
      parameters: {},
      operations,
      client,
      downloads: makeDownloads({ files: world.files, folder: '/results', begunAt: 0 }),
      world,
      listener: () => {},
      drain: never,
      stop: never,
      retryFailed,
    });
    await run.release();
    return totals;
  }

  /** Something was written: only the owner may. */
  #noteWrite({ name }: Process): void {
    const owner = this.#owners.at(-1)?.process;
    if (owner !== name) this.#overwrites.push(`${name} writes into the journal though ${owner} owns the run`);
  }

  /** Waits until the last owner's lease is over, as a person who tries again does. */
  async #takeOver(process: Process, journal: Journal): Promise<RunJournal> {
    for (;;) {
      try {
        const run = await journal.openRun(runId);
        this.#owners.push({ process: process.name, at: this.timeline.now });
        return run;
      } catch (error) {
        if (!(error instanceof LeaseHeld)) throw error;
        await process.clock.sleep(
          Math.max(1_000, Math.min(30_000, error.expiresAt - process.clock.now() + 1)),
        );
      }
    }
  }

  #open(process: Process): Journal {
    return openSqliteJournal(this.#file, { clock: process.clock, key, leaseMs, owner: `${process.name}:1` });
  }

  #connect(process: Process) {
    const world = process.world(makeDice(this.lives, 'process'), this.weather.transport(process));
    if (!target.ok) throw new Error('the target of the simulation is none');
    const client = makeClient({
      world,
      target: target.value,
      tokens: this.#tokens(process),
      application: 'simulation',
    });
    const listener = () => {};
    const limiter = makeLimiter({ limits: this.scene.playbook.limits, world, listener });
    return { world, client, limiter, reader: makeReader({ client, limiter, world, listener }) };
  }

  /** Tokens live ten minutes; a new one takes a moment. */
  #tokens(process: Process): Tokens {
    let held = tokenUntil(this.timeline.now + 600_000);
    return {
      signIns: ['app+user', 'app'],
      get: async () => held,
      renew: async () => {
        await process.clock.sleep(200);
        held = tokenUntil(this.timeline.now + 600_000);
        return held;
      },
    };
  }

  /** The run has finished: goes on with what is left, and asks whether anything is as it must not be. */
  async #questions(): Promise<readonly string[]> {
    const held = this.scene.made !== undefined;
    const first = await this.#pass(false);
    const broken =
      first.inDoubt > 0 && !held ? [`${first.inDoubt} records are in doubt, and the service could tell`] : [];
    if (first.failed > 0) await this.#pass(true);
    if (first.inDoubt > 0 && held) {
      await this.#settle();
      await this.#pass(true);
    }
    const effects = this.#service.effects.length;
    await this.#pass(true);
    if (this.#service.effects.length > effects)
      broken.push(`resuming what is finished sends ${this.#service.effects.slice(effects).join(', ')}`);
    const { limits } = this.scene.playbook;
    return [
      ...broken,
      ...this.#overwrites,
      ...(await this.#ends()),
      ...brokenRules({ sent: this.weather.sent, owners: this.#owners, limits }),
    ];
  }

  /** One more process, in fine weather. */
  async #pass(retryFailed: boolean): Promise<RunTotals['records']> {
    const end = await this.#live({}, { retryFailed }).end;
    if (end.type !== 'ended') throw new Error(`a resume in fine weather fails: ${JSON.stringify(end)}`);
    return end.totals.records;
  }

  async #verdicts(journal: Journal): Promise<readonly Verdict[]> {
    const verdicts: Verdict[] = [];
    for await (const { record } of journal.read(runId, { only: ['inDoubt'] })) {
      const made = this.scene.made!(this.#service, this.#rows[record.index]!);
      verdicts.push({ name: record.key, happened: made !== undefined, ...(made && { id: made.id }) });
    }
    return verdicts;
  }

  /** A person looks at the service and says what is true of every record in doubt. */
  async #settle(): Promise<void> {
    const process = new Process('person', this.timeline, this.#wall, {});
    const journal = this.#open(process);
    const reader: Reader = {
      read: async (_operation, { customerId, orderId }) => {
        const row = this.#rows.find(({ customer }) => customer === customerId)!;
        const result = this.scene.made!(this.#service, row);
        if (result?.id !== orderId) throw new Error(`a person names ${String(orderId)}, which is not there`);
        return { type: 'ok', status: 200, headers: {}, result };
      },
    };
    const run = await this.#takeOver(process, journal);
    const now = () => epoch + this.timeline.now;
    const settled = async (): Promise<boolean> =>
      settleByHand(run, { operations, reader, now }, await this.#verdicts(journal)).then(
        () => true,
        isTooEarly,
      );
    // Too early a "not done" is refused: the person looks again later.
    while (!(await settled())) await process.clock.sleep(5_000);
    await run.release();
    await journal.close();
  }

  /** Every record has succeeded, and the service holds what it says: not less, not more. */
  async #ends(): Promise<readonly string[]> {
    const journal = this.#open(new Process('reader', this.timeline, this.#wall, {}));
    const broken: string[] = [];
    for await (const { record, entries } of journal.read(runId)) {
      const row = this.#rows[record.index]!;
      const last = entries.findLast((entry) => entry.type === 'settled' && entry.path === '');
      const error = last?.type === 'settled' ? last.error : undefined;
      const outcome = last?.type === 'settled' ? last.outcome : 'open';
      if (outcome !== 'succeeded')
        broken.push(`${row.key} ends as ${outcome}: ${error?.code} ${error?.message}`);
      for (const what of this.scene.tooMuch(this.#service, row)) broken.push(`${row.key} has ${what}`);
      if (outcome !== 'succeeded') continue;
      for (const what of this.scene.missing(this.#service, row)) broken.push(`${row.key} lacks ${what}`);
    }
    await journal.close();
    return broken;
  }
}
