import type { Answered } from '../journal/journal.ts';
import type { Operation, Operations } from '../operations/operation.ts';
import { type Doubtful, doubtfulOf, readerOf } from '../run/by-hand.ts';
import { policyOf } from '../run/settle.ts';
import { lookupOf } from '../run/write.ts';
import { nameOf } from './settle-by-hand.ts';
import { shellWord } from './shell-word.ts';

/** A request in doubt in words: everything that a person needs to find out what is true, and what each answer does. */
export function explainDoubt(doubtful: Doubtful, resume: string, operations: Operations): readonly string[] {
  const { intended, opened } = doubtful;
  const operation = operations.get(intended.operation);
  const at = new Date(intended.at).toISOString().replace('T', ' ').slice(0, 19);
  return [
    `in doubt: ${intended.operation} at step ${doubtful.path}${operation === undefined ? '' : `: ${operation.summary}`}`,
    `  sent       ${at} UTC, under request id ${intended.requestId}`,
    ...inputLines(intended.with),
    `  answered   ${lastWord(doubtful)}`,
    `  look at    ${whereToLook(operation, intended.with)}`,
    ...(operation === undefined ? [] : answers(doubtful, resume, operation, operations)),
    ...(isAskedAgain(operation, opened.entries)
      ? [
          `  or just    ${resume}`,
          '             it asks the service first, unless the playbook holds the step for a person',
        ]
      : []),
  ];
}

/** What was sent, an input a line; what is secret is not shown. */
function inputLines(sent: unknown): readonly string[] {
  const entries = Object.entries((sent ?? {}) as Readonly<Record<string, unknown>>);
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.map(([name, value], index) => {
    const text = JSON.stringify(hidden(value));
    const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
    return `  ${index === 0 ? 'with     ' : '         '}  ${name.padEnd(width)}  ${shown}`;
  });
}

/** The value with its secrets, encrypted or not, taken out. */
export function hidden(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(hidden);
  if (Object.hasOwn(value, '$secret') || Object.hasOwn(value, '$encrypted')) return '(secret)';
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hidden(inner)]));
}

/** What the service last said of it, or that it said nothing. Why nobody can tell stands in the record's own error. */
function lastWord({ opened, path, intended }: Doubtful): string {
  const mine = opened.entries.filter((entry) => entry.path === path && entry.at >= intended.at);
  const answer = mine.findLast((entry): entry is Answered => entry.type === 'answered');
  const word = answer?.status === undefined ? 'never' : `HTTP ${answer.status}, which does not tell`;
  return mine.some(({ type }) => type === 'settled') ? word : `${word}: the process was cut off`;
}

/** The catalogue's words for the place, or what the operation is about. */
function whereToLook(operation: Operation | undefined, sent: unknown): string {
  const customer = (sent as Readonly<Record<string, unknown>> | null)?.customerId;
  const whose = customer === undefined ? '' : `, customer ${String(customer)}`;
  const what =
    operation?.lookAt ?? `whether the ${operation?.resource ?? 'things'} there are as sent, and since when`;
  return `Partner Center${whose}: ${what}`;
}

function answers(
  doubtful: Doubtful,
  resume: string,
  operation: Operation,
  operations: Operations,
): readonly string[] {
  const several = doubtfulOf(doubtful.opened).length > 1;
  const name = several ? nameOf(doubtful) : doubtful.opened.record.key;
  const command = (verdict: string) => `${resume} --settle ${shellWord(`${name}=${verdict}`)}`;
  const id = lookupOf(operation) === undefined ? readerOf(operation, operations)?.id : undefined;
  const which = id === undefined ? 'done' : `done:${id.toUpperCase()}`;
  return [
    '  it is there:',
    `             ${command(which)}`,
    '             nothing is sent; the record goes on with what the service shows of it',
    '  it is not there:',
    `             ${command('not-done')}`,
    '             it is sent again, under a new request id: if it did happen, it happens twice',
  ];
}

/** Where the operation can be looked up, a person is the last to be asked. */
function isAskedAgain(operation: Operation | undefined, entries: Doubtful['opened']['entries']): boolean {
  if (operation === undefined || entries.length === 0) return false;
  return policyOf(operation, undefined, lookupOf(operation) !== undefined) !== 'hold';
}
