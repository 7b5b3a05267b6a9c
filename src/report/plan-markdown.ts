import { createHash } from 'node:crypto';
import type { Action, PlanHeader, PlannedAction, PlannedRecord, PlanSummary } from '../plan/plan.ts';
import { type Group, groupRecords } from './groups.ts';
import {
  cell,
  code,
  details,
  fenced,
  htmlCode,
  type MarkdownLimit,
  makePage,
  type Page,
} from './markdown-text.ts';
import { actionOrder, count, duration, flatten, planLine, plural, show, signOf } from './text.ts';

/** A plan to be read where the change is reviewed. */
export interface PlanToShow {
  readonly header: PlanHeader;
  readonly summary: PlanSummary;
  /** Streams the records; called more than once. */
  records(): AsyncIterable<PlannedRecord>;
  /** Where the plan file is, for the command that applies it. */
  readonly file?: string | undefined;
}

/** A plan of so many records shows each; a longer one is shown in groups first. */
const recordsFew = 8;
const exceptionsKept = 1_000;
const footerReserve = 1_200;
/** Of the page: what exceptions, and what groups may fill, so that there is room for what comes behind. */
const shares = { exceptions: 0.5, groups: 0.8 };

/**
 * A plan as Markdown that fits its place whatever the plan's size: exceptions first, then totals, groups of records that
 * fare alike, and each record, collapsed, as far as they fit; the last line says what is missing.
 * @returns no longer than the limit; memory is bounded by it and by the kinds of records, not by their number
 */
export async function planMarkdown(plan: PlanToShow, limit: MarkdownLimit): Promise<string> {
  const { header, summary } = plan;
  const page = makePage(limit, footerReserve);
  page.add(
    [
      markOf(header),
      `## Plan: ${code(header.playbook.name)}`,
      '',
      `**${planLine(summary)}**`,
      '',
      `${plural(summary.records, 'record')} of ${code(header.input.file)} · target ${code(header.target)}${header.offline ? ' · offline: nothing was looked up, so it cannot be applied' : ''}`,
    ].join('\n'),
  );
  const { groups, exceptions } = await survey(plan.records());
  const untold = addExceptions(page, plan, exceptions);
  page.add(operationsTable(summary)) ||
    page.add(`${plural(Object.keys(summary.operations).length, 'operation')}`);
  page.add(
    `About ${plural(summary.totalCalls, 'call')} when applied, at least ${duration(summary.totalSeconds)} at the service’s known limits. ${plural(summary.planningCalls, 'call')} were made to plan, all of them reads.`,
  );
  if (summary.records > recordsFew) addGroups(page, groups);
  const shown = await addRecords(page, plan.records());
  return page.finish(footer(plan, shown, untold));
}

/** Tells the comment with this plan from others, so that a later one can take its place. */
function markOf({ playbook, input }: PlanHeader): string {
  const hash = createHash('sha256').update(`${playbook.file}\0${input.file}`).digest('hex');
  return `<!-- tenantry plan ${hash.slice(0, 16)} -->`;
}

interface Exception {
  readonly row: number;
  readonly key: string;
  readonly step: string;
  readonly why: string;
}

/** Groups and exceptions of the records, in one pass. */
async function survey(records: AsyncIterable<PlannedRecord>) {
  const exceptions = { all: 0, first: [] as Exception[] };
  const seen = async function* () {
    for await (const record of records) {
      for (const exception of exceptionsOf(record)) {
        exceptions.all += 1;
        if (exceptions.first.length < exceptionsKept) exceptions.first.push(exception);
      }
      yield record;
    }
  };
  return { groups: await groupRecords(seen()), exceptions };
}

function exceptionsOf({ row, key, invalid, actions }: PlannedRecord): readonly Exception[] {
  if (invalid !== undefined)
    return invalid.map(({ message, cell: place }) => ({ row, key, step: place?.column ?? '', why: message }));
  return actions
    .filter(({ action }) => action === 'refuse')
    .map(({ path, uses, reason }) => ({ row, key, step: path, why: reason ?? uses }));
}

/** Adds what a reviewer must see before anything else. @returns how many exceptions had no room */
function addExceptions(
  page: Page,
  { summary }: PlanToShow,
  exceptions: { readonly all: number; readonly first: readonly Exception[] },
): number {
  const lines = exceptionLines(summary);
  if (lines.length + exceptions.all === 0) {
    page.add('No exceptions: no row is unusable, no step would fail, every guard holds, nothing stands out.');
    return 0;
  }
  page.add('### Exceptions');
  const told = lines.filter((line) => page.add(line, shares.exceptions)).length;
  const untold = lines.length - told;
  if (exceptions.all === 0) return untold;
  const rows = ['| row | record | step or column | why it would fail |', '|--:|---|---|---|'];
  const head = rows.length;
  for (const { row, key, step, why } of exceptions.first)
    rows.push(`| ${row} | ${cell(key, 80)} | ${step === '' ? '' : cell(step, 80)} | ${cell(why, 300)} |`);
  // The table is one block: it is cut until it fits.
  while (rows.length > head && !page.add(rows.join('\n'), shares.exceptions))
    rows.length = Math.max(head, Math.floor(rows.length * 0.9) - 1);
  return untold + exceptions.all - (rows.length - head);
}

/** What concerns the whole plan: guards that do not hold, warnings, and what stands out although nothing is wrong. */
function exceptionLines({ warnings, unusual = [] }: PlanSummary): readonly string[] {
  const refused = warnings.filter(({ severity }) => severity === 'error');
  const warned = warnings.filter(({ severity }) => severity !== 'error');
  return [
    ...refused.map(({ message }) => `- **Refused:** ${code(message, 400)}`),
    ...warned.map(({ message }) => `- **Warning:** ${code(message, 400)}`),
    ...unusual.map(({ message, records, examples }) => {
      const named = examples
        .slice(0, 3)
        .map(
          ({ key, row, note }) =>
            `${code(key, 80)} (row ${row}${note === undefined ? '' : `: ${code(note, 80)}`})`,
        );
      const more = records > named.length ? ` and ${count(records - named.length)} more` : '';
      return `- **Look at:** ${code(message, 400)} ${named.join(', ')}${more}`;
    }),
  ];
}

function operationsTable(summary: PlanSummary): string {
  const names = Object.keys(summary.operations).sort();
  const columns = actionOrder.filter((action) =>
    names.some((name) => (summary.operations[name]?.[action] ?? 0) > 0),
  );
  const rows = names.map(
    (name) =>
      `| ${cell(name)} | ${columns.map((action) => numberOr(summary.operations[name]?.[action])).join(' | ')} |`,
  );
  const title = (action: Action) => `\`${signOf(action)}\` ${action}`;
  return [
    `| operation | ${columns.map(title).join(' | ')} |`,
    `|---|${columns.map(() => '--:|').join('')}`,
    ...rows,
  ].join('\n');
}

function numberOr(n: number | undefined): string {
  return n === undefined || n === 0 ? '' : count(n);
}

function addGroups(page: Page, groups: readonly Group[]): void {
  page.add('### Records that fare alike, exceptions and the rarest first', shares.groups);
  for (const group of groups) {
    const others = group.keys.slice(1);
    const more = group.count - group.keys.length;
    const title = `${group.exceptional ? 'Exception: ' : ''}${plural(group.count, 'record')}, for example ${htmlCode(group.example.key, 80)}`;
    const alike =
      others.length === 0
        ? ''
        : `\n\nThe same for ${others.map((key) => code(key, 80)).join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}.`;
    if (!page.add(details(title, recordBlock(group.example) + alike), shares.groups)) return;
  }
}

/** Adds record after record until one does not fit. @returns how many were added */
async function addRecords(page: Page, records: AsyncIterable<PlannedRecord>): Promise<number> {
  let shown = 0;
  if (!page.add('### Records')) return 0;
  for await (const record of records) {
    const title = `${htmlCode(record.key, 80)} row ${record.row}: ${wordsOf(record)}`;
    if (!page.add(details(title, recordBlock(record)))) break;
    shown += 1;
  }
  return shown;
}

/** `3 create, 1 act`: what happens to a record, in the order that matters. */
function wordsOf({ actions, invalid }: PlannedRecord): string {
  if (invalid !== undefined) return 'cannot be used';
  const words = actionOrder.flatMap((wanted) => {
    const n = actions.filter(({ action }) => action === wanted).length;
    return n === 0 || wanted === 'read' || wanted === 'skip' ? [] : [`${n} ${wanted}`];
  });
  return words.length === 0 ? 'nothing to do' : words.join(', ');
}

/** One record is shown in so many lines of so many characters. */
const linesMost = 120;
const lineMost = 240;

function recordBlock(record: PlannedRecord): string {
  const lines = [
    ...(record.invalid ?? []).map(({ message }) => `- ${message}`),
    ...record.actions.filter(({ action }) => action !== 'assert').flatMap(actionLines),
  ];
  const kept = lines
    .slice(0, linesMost)
    .map((line) => (line.length > lineMost ? `${line.slice(0, lineMost - 1)}…` : line));
  if (lines.length > kept.length) kept.push(`… ${count(lines.length - kept.length)} more lines`);
  return fenced(kept, 'diff');
}

/** Signs stand first, where a diff's colours are decided; a step that would fail is red. */
function actionLines({
  action,
  path,
  uses,
  found,
  reason,
  changes,
  with: given,
}: PlannedAction): readonly string[] {
  const sign = action === 'refuse' ? '- x' : signOf(action);
  const notes = [found, reason].filter((note) => note !== undefined).map((note) => `  ${note}`);
  const lines = [`${sign} ${action.padEnd(11)} ${path}  ${uses}${notes.join('')}`];
  for (const [name, [is, wanted]] of Object.entries(changes ?? {}))
    lines.push(`      ${name}: ${show(is)} → ${show(wanted)}`);
  const shown: readonly Action[] = ['create', 'act', 'delete', 'conditional'];
  if (shown.includes(action) && given !== undefined)
    for (const word of flatten(given)) lines.push(`      ${word}`);
  return lines;
}

function footer({ header, summary, file }: PlanToShow, shown: number, untold: number): string {
  const lines = [];
  const left = summary.records - shown;
  if (untold > 0) lines.push(`${plural(untold, 'exception')} more had no room here.`);
  if (left > 0)
    lines.push(
      `${count(left)} of ${plural(summary.records, 'record')} had no room here one by one; the plan has them all.`,
    );
  lines.push(
    `<sub>Made ${header.createdAt.slice(0, 19).replaceAll(/[^0-9T:-]/gu, '')}Z by Tenantry ${header.version.replaceAll(/[^\w.-]/gu, '')} · plan ${summary.seal.replaceAll(/[^0-9a-f]/gu, '').slice(0, 16)}</sub>`,
  );
  if (file !== undefined) lines.push(`Exactly this is applied by ${code(`tenantry apply ${file}`)}`);
  return lines.join('\n\n');
}
