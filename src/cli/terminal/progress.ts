import process from 'node:process';
import { neutralise, oneLine, printedJson } from '../../diagnostics/neutralise.ts';
import type { Listener, RunEvent } from '../../run/event.ts';
import { wantsColour } from './colour.ts';
import { newTally, operationLine, progressLine, type Tally, tallyEvent } from './tally.ts';

/** Draws a run while it happens. */
export interface Progress {
  readonly listener: Listener;
  close(): Promise<void>;
}

export interface ProgressOptions {
  readonly json: boolean;
  readonly color: boolean;
  /** The command that goes on with this run, said before anything is sent: in CI a kill is the normal end. */
  readonly resume: string;
}

/** How often a terminal is drawn, and a plain log written, in milliseconds. */
const drawEveryMs = 150;
const logEveryMs = 5_000;

/** A tree on a terminal, plain lines elsewhere, events on stdout with `--json`. */
export function makeProgress(options: ProgressOptions): Progress {
  if (options.json) return jsonProgress();
  // A terminal of no width makes tree renderers put a character on each line.
  const terminal = process.stderr.isTTY === true && process.stderr.columns > 0 && process.env.TERM !== 'dumb';
  return terminal && process.env.CI === undefined ? treeProgress(options) : plainProgress(options);
}

/** The command writes `run.finished` itself, last, after the result files stand. */
function jsonProgress(): Progress {
  return {
    listener: (event) => {
      if (event.event !== 'run.finished') process.stdout.write(`${printedJson(event)}\n`);
    },
    close: async () => {},
  };
}

function say(text: string): void {
  process.stderr.write(`${neutralise(text)}\n`);
}

function started(event: Extract<RunEvent, { event: 'run.started' }>, resume: string): string {
  const { id, playbook, records, open } = event.run;
  const part = open === records ? `${records} records` : `${open} of ${records} records are open`;
  return `Run ${id} of ${oneLine(playbook)}: ${part}. If it is cut off, go on with:\n\n    ${oneLine(resume)}\n`;
}

/** How a failed record is told while the run goes on; the first few only, the rest is in failed.csv. */
const failuresTold = 20;

function failureTeller(): (event: RunEvent) => string | undefined {
  let told = 0;
  return (event) => {
    if (event.event !== 'record.settled' || event.error === undefined) return undefined;
    told += 1;
    if (told > failuresTold)
      return told === failuresTold + 1 ? 'more records failed; they are in the result files' : undefined;
    const word = event.outcome === 'inDoubt' ? 'in doubt' : event.outcome;
    return oneLine(
      `${word}: ${event.record}: ${event.error.step === '' ? '' : `${event.error.step}: `}${event.error.message}`,
    );
  };
}

function plainProgress({ resume }: ProgressOptions): Progress {
  let tally: Tally | undefined;
  let last = 0;
  const tellFailure = failureTeller();
  const listener: Listener = (event) => {
    if (event.event === 'run.started') {
      tally = newTally(event.run.playbook, event.run.open, event.at);
      say(started(event, resume));
    }
    if (tally === undefined) return;
    tallyEvent(tally, event);
    const failure = tellFailure(event);
    if (failure !== undefined) say(failure);
    if (event.event === 'run.draining')
      say(`No new requests (${oneLine(event.reason)}); ${event.inFlight} in flight are finishing.`);
    if (
      event.event === 'run.finished' ||
      (event.event === 'record.settled' && event.at - last >= logEveryMs)
    ) {
      last = event.at;
      say(progressLine(tally, event.at));
    }
  };
  return { listener, close: async () => {} };
}

function treeProgress(options: ProgressOptions): Progress {
  const tellFailure = failureTeller();
  let tally: Tally | undefined;
  let tree: Promise<Tree> | undefined;
  const listener: Listener = (event) => {
    if (event.event === 'run.started') {
      tally = newTally(event.run.playbook, event.run.open, event.at);
      say(started(event, options.resume));
      tree = openTree(tally, options.color);
    }
    if (tally === undefined) return;
    tallyEvent(tally, event);
    const failure = tellFailure(event);
    if (failure !== undefined) void tree?.then((opened) => opened.note(failure));
  };
  return { listener, close: async () => (await tree)?.close() };
}

interface Tree {
  note(text: string): void;
  close(): Promise<void>;
}

/** A listr2 task for the run and, below it, a line an operation: readable at ten records and at fifty thousand. */
async function openTree(tally: Tally, color: boolean): Promise<Tree> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const notes: string[] = [];
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const logger = new ListrLogger({
    useIcons: wantsColour(process.stderr, color),
    processOutput: new ProcessOutput(process.stderr, process.stderr),
  });
  const list = new Listr(
    [
      {
        title: oneLine(tally.playbook),
        task: (_context, task) => {
          const draw = () => {
            const operations = [...tally.operations].map(([name, counts]) => operationLine(name, counts));
            const recent = notes.slice(-5);
            task.title = neutralise(
              [
                `${oneLine(tally.playbook)}  ${progressLine(tally, Date.now())}`,
                ...operations,
                ...recent,
              ].join('\n    '),
            );
          };
          const timer = setInterval(draw, drawEveryMs);
          return finished.then(() => {
            clearInterval(timer);
            draw();
          });
        },
      },
    ],
    { renderer: 'default', registerSignalListeners: false, rendererOptions: { logger } },
  );
  const running = list.run();
  return {
    note: (text) => {
      notes.push(text);
    },
    close: async () => {
      finish();
      await running;
    },
  };
}
