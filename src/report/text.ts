import { oneLine } from '../diagnostics/neutralise.ts';
import type {
  Action,
  PlanHeader,
  PlannedAction,
  PlannedRecord,
  PlanSummary,
  Revision,
  StandingGroup,
  Unusual,
} from '../plan/plan.ts';

/** Colour functions, handed in so that this file draws the same with and without them. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly magenta: (text: string) => string;
}

const signs: Readonly<Record<Action, { readonly sign: string; readonly colour: keyof Paint }>> = {
  create: { sign: '+', colour: 'green' },
  update: { sign: '~', colour: 'yellow' },
  unchanged: { sign: '=', colour: 'dim' },
  delete: { sign: '-', colour: 'red' },
  act: { sign: '!', colour: 'magenta' },
  read: { sign: '<', colour: 'cyan' },
  skip: { sign: '.', colour: 'dim' },
  conditional: { sign: '?', colour: 'yellow' },
  assert: { sign: '.', colour: 'dim' },
  wait: { sign: '.', colour: 'dim' },
  approve: { sign: '|', colour: 'yellow' },
  refuse: { sign: 'x', colour: 'red' },
};

/** In which order actions are told: what changes something first. */
export const actionOrder: readonly Action[] = [
  'create',
  'update',
  'delete',
  'act',
  'conditional',
  'unchanged',
  'read',
  'approve',
  'refuse',
  'skip',
];

/** The sign of an action, the same in every output. */
export function signOf(action: Action): string {
  return signs[action].sign;
}

/** The plan's head: what it is, a line an operation, calls and time. */
export function summaryText(header: PlanHeader, summary: PlanSummary, paint: Paint): string {
  const lines = [
    `${paint.bold(oneLine(header.playbook.name))} · ${plural(summary.records, 'record')} of ${oneLine(header.input.file)}${chosenText(header.selection)} · ${oneLine(header.target)}${header.offline ? ' · offline, nothing was looked up' : ''}${header.policy === undefined ? '' : ` · policy ${oneLine(header.policy.name)}`}`,
    ...runLines(header, summary),
    '',
    ...operationLines(summary, paint),
    '',
    ...callLines(summary),
    ...(summary.waves === undefined || summary.waves.length < 2
      ? []
      : [
          `In ${summary.waves.length} waves of ${summary.waves.map(count).join(', ')} records; each must pass before the next begins.`,
        ]),
    ...unusualLines(summary.unusual ?? [], paint),
  ];
  if (summary.invalid > 0)
    lines.push('', paint.red(`${plural(summary.invalid, 'row')} of the input cannot be used; see above`));
  return lines.join('\n');
}

/** Which rows of the input a plan is about, where it is not all of them. */
function chosenText(chosen: PlanHeader['selection']): string {
  if (chosen === undefined) return '';
  const { only, exclude, limit } = chosen;
  const parts = [
    ...(only === undefined ? [] : [`only ${plural(only.length, 'key')}`]),
    ...(exclude === undefined ? [] : [`without the ${count(exclude.keys)} of ${oneLine(exclude.file)}`]),
    ...(limit === undefined ? [] : [`the first ${count(limit)}`]),
  ];
  return ` (${parts.join(', ')})`;
}

const fates: readonly (readonly [Revision['what'], string])[] = [
  ['done', 'stay as they are done'],
  ['again', 'go on'],
  ['new', 'are new'],
  ['closed', 'are closed: their rows are gone'],
];

/** The run that a plan goes on with, and what becomes of its records. */
function runLines({ revises, undoes }: PlanHeader, { revision = {} }: PlanSummary): readonly string[] {
  if (undoes !== undefined) return [`Undoes run ${oneLine(undoes.run)}`, ...standingLines(undoes.standing)];
  if (revises === undefined) return [];
  const parts = fates.flatMap(([what, words]) =>
    revision[what] === undefined ? [] : [`${count(revision[what])} ${words}`],
  );
  return [`Revises run ${oneLine(revises.run)}: ${parts.join(', ')}`];
}

/** What stays although its run is undone, and why. */
export function standingLines(standing: readonly StandingGroup[]): readonly string[] {
  if (standing.length === 0) return [];
  const lines = standing.flatMap(({ uses, reason, count: n, examples }) => [
    `  ${oneLine(uses)} ${count(n)}×: ${oneLine(reason)}`,
    `      ${oneLine(examples.join(', '))}${n > examples.length ? ` and ${count(n - examples.length)} more` : ''}`,
  ]);
  return ['', 'What stands, and is not taken back:', ...lines];
}

function operationLines(summary: PlanSummary, paint: Paint): readonly string[] {
  const names = Object.keys(summary.operations).sort();
  const columns = actionOrder.filter((action) =>
    names.some((name) => (summary.operations[name]?.[action] ?? 0) > 0),
  );
  const width = Math.max(9, ...names.map((name) => name.length));
  const title = (action: Action) => `${signs[action].sign} ${action}`;
  const head = `  ${'operation'.padEnd(width)}  ${columns.map((action) => title(action).padStart(title(action).length + 1)).join('  ')}`;
  const rows = names.map((name) => {
    const cells = columns.map((action) => {
      const text = String(summary.operations[name]?.[action] ?? '').padStart(title(action).length + 1);
      return paint[signs[action].colour](text);
    });
    return `  ${oneLine(name).padEnd(width)}  ${cells.join('  ')}`;
  });
  return [paint.dim(head), ...rows];
}

function callLines(summary: PlanSummary): readonly string[] {
  const groups = Object.entries(summary.calls)
    .sort(([, a], [, b]) => b.seconds - a.seconds)
    .map(([group, { calls }]) => `${oneLine(group)} ${count(calls)}`);
  return [
    `About ${plural(summary.totalCalls, 'call')} when applied (${groups.join(', ') || 'none'}), at least ${duration(summary.totalSeconds)} at the service's known limits.`,
    `${plural(summary.planningCalls, 'call')} were made to plan, all of them reads.`,
  ];
}

/** What stands out, with some of the records. */
function unusualLines(unusual: readonly Unusual[], paint: Paint): readonly string[] {
  if (unusual.length === 0) return [];
  const lines = unusual.flatMap(({ message, records, examples }) => {
    const named = examples
      .slice(0, 3)
      .map(({ key, row, note }) => `${key} (row ${row}${note === undefined ? '' : `: ${note}`})`);
    const more = records > named.length ? ` and ${count(records - named.length)} more` : '';
    return [
      `  ${paint.yellow('!')} ${oneLine(message)}`,
      paint.dim(`      ${oneLine(named.join(', '))}${more}`),
    ];
  });
  return ['', 'Look at these first:', ...lines];
}

/** One record with its actions, a line each; what it changes and why below. */
export function recordText(record: PlannedRecord, paint: Paint): string {
  const lines = [`${paint.bold(oneLine(record.key))} ${paint.dim(`row ${record.row}`)}`];
  if (record.revision !== undefined) lines.push(...revisionLines(record.revision, paint));
  for (const diagnostic of record.invalid ?? []) lines.push(paint.red(`  x ${oneLine(diagnostic.message)}`));
  // A check that holds is no news; one that does not is a `refuse`.
  for (const action of record.actions)
    if (action.action !== 'assert') lines.push(...actionLines(action, paint));
  return lines.join('\n');
}

function revisionLines({ what, changes = {}, refused = [] }: Revision, paint: Paint): readonly string[] {
  const changed = Object.entries(changes);
  const head: Readonly<Record<Revision['what'], string>> = {
    done: changed.length === 0 ? '= it is done' : '= it is done, and stays so although its row has changed:',
    again: '~ it goes on',
    new: '+ it is new',
    closed: '- its row is gone: nothing more is done',
  };
  const colour = changed.length > 0 && what === 'done' ? 'yellow' : 'dim';
  return [
    paint[colour](`  ${head[what]}`),
    ...changed.map(
      ([name, [was, is]]) => `      ${oneLine(name)}: ${oneLine(show(was))} → ${oneLine(show(is))}`,
    ),
    ...refused.map((reason) => paint.red(`  x ${oneLine(reason)}`)),
  ];
}

function actionLines(action: PlannedAction, paint: Paint): readonly string[] {
  const { sign, colour } = signs[action.action];
  const note = action.reason === undefined ? '' : paint.dim(`  ${oneLine(action.reason)}`);
  const found = action.found === undefined ? '' : paint.dim(`  ${oneLine(action.found)}`);
  const lines = [
    `  ${paint[colour](`${sign} ${action.action.padEnd(11)}`)} ${oneLine(action.path)}  ${paint.dim(oneLine(action.uses))}${found}${note}`,
  ];
  for (const [path, [is, wanted]] of Object.entries(action.changes ?? {})) {
    lines.push(`      ${oneLine(path)}: ${oneLine(show(is))} → ${oneLine(show(wanted))}`);
  }
  const shown =
    action.action === 'create' ||
    action.action === 'act' ||
    action.action === 'delete' ||
    action.action === 'conditional';
  if (shown && action.with !== undefined) {
    const text = flatten(action.with).join(', ');
    if (text !== '') lines.push(paint.dim(`      ${oneLine(cut(text, 160))}`));
  }
  return lines;
}

/** Nested inputs as `a.b=value` words, in the order in which they stand. */
export function flatten(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null || isMark(value)) return [`${path}=${show(value)}`];
  return Object.entries(value).flatMap(([name, inner]) =>
    flatten(inner, path === '' ? name : `${path}.${name}`),
  );
}

function isMark(value: object): boolean {
  return '$unknown' in value || '$secret' in value;
}

/** A value as the plan shows it: quoted text, `(known after apply)`, `(secret)`. */
export function show(value: unknown): string {
  if (value === undefined) return '(absent)';
  if (typeof value === 'object' && value !== null) {
    if ('$unknown' in value) return '(known after apply)';
    if ('$secret' in value) return '(secret)';
  }
  return JSON.stringify(value);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The last line of a plan, which CI jobs search for. */
export function planLine(summary: PlanSummary): string {
  const total = (action: Action) =>
    Object.values(summary.operations).reduce((sum, actions) => sum + (actions[action] ?? 0), 0);
  const parts = [
    `${count(total('create'))} to add`,
    `${count(total('update'))} to change`,
    `${count(total('delete'))} to destroy`,
    `${count(total('act'))} to do`,
    `${count(total('unchanged'))} unchanged`,
  ];
  const open = total('conditional');
  if (open > 0) parts.push(`${count(open)} known after apply`);
  const approvals = total('approve');
  if (approvals > 0) parts.push(`${count(approvals)} to approve`);
  const refused = total('refuse');
  if (refused > 0) parts.push(`${count(refused)} would fail`);
  return `Plan: ${parts.join(', ')}.`;
}

/** Whether applying the plan would send anything but reads. */
export function hasChanges(summary: PlanSummary): boolean {
  const changing: readonly Action[] = ['create', 'update', 'delete', 'act', 'conditional'];
  return Object.values(summary.operations).some((actions) =>
    changing.some((action) => (actions[action] ?? 0) > 0),
  );
}

/** `1,234`. */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1 record`, `1,234 records`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** Seconds as people say them: `8 s`, `2 min 5 s`, `1 h 20 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? '' : ` ${whole % 60} s`}`;
  const minutes = Math.floor((whole % 3600) / 60);
  return `${Math.floor(whole / 3600)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
}
