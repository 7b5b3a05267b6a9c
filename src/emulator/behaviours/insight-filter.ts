import type { Fields } from '../reply.ts';

/** Whether a row is let through. */
export type Test = (row: Fields) => boolean;

/** A filter that cannot be read; the message says why. */
export class FilterError extends Error {}

interface Token {
  readonly kind: 'mark' | 'text' | 'word';
  readonly value: string;
}

/** The tokens of a filter and how far they are read. */
interface Cursor {
  readonly tokens: readonly Token[];
  readonly fields: readonly string[];
  at: number;
}

/**
 * Reads the filters of the analytics pages: `field eq|ne|gt|lt|ge|le value`, `contains(field,'value')`, joined by
 * `and` (which binds more) and `or`, with brackets; a date may be `cast('2018-01-01',Edm.DateTimeOffset)`.
 * @param fields the names that a filter may use, in the service's spelling
 * @throws FilterError
 */
export function readFilter(text: string, fields: readonly string[]): Test {
  const cursor: Cursor = { tokens: tokensOf(text), fields, at: 0 };
  const test = either(cursor);
  if (cursor.at < cursor.tokens.length)
    throw new FilterError(`The filter goes on with '${cursor.tokens[cursor.at]?.value}'.`);
  return test;
}

const tokenPattern = /\s*(?:(?<mark>[(),])|'(?<text>(?:[^']|'')*)'|(?<word>[^\s(),']+))/gy;

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let read = 0;
  for (const match of text.trimEnd().matchAll(tokenPattern)) {
    const [kind, value] = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)!;
    tokens.push({ kind: kind as Token['kind'], value: value!.replaceAll("''", "'") });
    read = match.index + match[0].length;
  }
  if (tokens.length === 0) throw new FilterError('The filter is empty.');
  if (read < text.trimEnd().length)
    throw new FilterError(`The filter cannot be read from '${text.slice(read)}' on.`);
  return tokens;
}

/** Whether the next token is a word or a mark of this name; it is then passed. */
function takes(cursor: Cursor, value: string): boolean {
  const token = cursor.tokens[cursor.at];
  if (token === undefined || token.kind === 'text' || token.value.toLowerCase() !== value) return false;
  cursor.at += 1;
  return true;
}

function expect(cursor: Cursor, value: string): void {
  if (!takes(cursor, value))
    throw new FilterError(`The filter should have '${value}' in place ${cursor.at + 1}.`);
}

function next(cursor: Cursor): string {
  const token = cursor.tokens[cursor.at];
  if (token === undefined) throw new FilterError('The filter ends too early.');
  cursor.at += 1;
  return token.value;
}

function either(cursor: Cursor): Test {
  const tests = [both(cursor)];
  while (takes(cursor, 'or')) tests.push(both(cursor));
  return (row) => tests.some((test) => test(row));
}

function both(cursor: Cursor): Test {
  const tests = [term(cursor)];
  while (takes(cursor, 'and')) tests.push(term(cursor));
  return (row) => tests.every((test) => test(row));
}

function term(cursor: Cursor): Test {
  if (takes(cursor, '(')) {
    const inner = either(cursor);
    expect(cursor, ')');
    return inner;
  }
  if (takes(cursor, 'contains')) {
    expect(cursor, '(');
    const name = field(cursor);
    expect(cursor, ',');
    const part = operand(cursor).toLowerCase();
    expect(cursor, ')');
    return (row) =>
      String(row[name] ?? '')
        .toLowerCase()
        .includes(part);
  }
  const name = field(cursor);
  // A field alone is one that is true: a sample of the page reads so.
  if (cursor.at >= cursor.tokens.length) return (row) => row[name] === true;
  return comparison(name, next(cursor).toLowerCase(), operand(cursor));
}

function field(cursor: Cursor): string {
  const value = next(cursor);
  const name = cursor.fields.find((known) => known.toLowerCase() === value.toLowerCase());
  if (name === undefined) throw new FilterError(`The filter names ${value}, which cannot be filtered by.`);
  return name;
}

function operand(cursor: Cursor): string {
  if (!takes(cursor, 'cast')) return next(cursor);
  expect(cursor, '(');
  const value = next(cursor);
  expect(cursor, ',');
  next(cursor);
  expect(cursor, ')');
  return value;
}

const orders: Readonly<Record<string, (difference: number) => boolean>> = {
  eq: (difference) => difference === 0,
  ne: (difference) => difference !== 0,
  gt: (difference) => difference > 0,
  lt: (difference) => difference < 0,
  ge: (difference) => difference >= 0,
  le: (difference) => difference <= 0,
};

/** Dates are ordered; all else is equal or not, and letter case matters for the type of a subscription alone. */
function comparison(name: string, operator: string, wanted: string): Test {
  const holds = orders[operator];
  if (holds === undefined) throw new FilterError(`The filter has no operator '${operator}'.`);
  if (/date/iu.test(name)) {
    const time = timeOf(wanted);
    if (Number.isNaN(time))
      throw new FilterError(`The filter compares ${name} with '${wanted}', which is no date.`);
    return (row) =>
      row[name] === null || row[name] === undefined ? operator === 'ne' : holds(timeOf(row[name]) - time);
  }
  if (operator !== 'eq' && operator !== 'ne')
    throw new FilterError(`The filter orders ${name}, which is no date.`);
  const folded = (value: unknown) =>
    name === 'subscriptionType' ? String(value ?? '') : String(value ?? '').toLowerCase();
  return (row) => (folded(row[name]) === folded(wanted)) === (operator === 'eq');
}

/** Dates without a zone are UTC. */
export function timeOf(date: unknown): number {
  const text = String(date);
  return Date.parse(/T.*(?:Z|[+-]\d\d:?\d\d)$/u.test(text) || !text.includes('T') ? text : `${text}Z`);
}
