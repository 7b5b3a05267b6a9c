import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State } from '../state.ts';
import { FilterError, readFilter, timeOf } from './insight-filter.ts';

/** What one kind of rows can be asked for. */
export interface Insights {
  /** Fields to filter, to group and to order by, in the service's spelling. */
  readonly fields: readonly string[];
  /** What grouped rows have beside the fields that they are grouped by: name → of the rows of a group. */
  readonly sums: Readonly<Record<string, (rows: readonly Fields[]) => unknown>>;
}

/** The sum of a field, 0 where a row has none. */
export const sumOf = (name: string) => (rows: readonly Fields[]) =>
  rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0);

/** Rows a page at most, whatever is asked for. */
const mostRows = 10_000;

/** One page of rows, filtered, grouped and ordered as the query wants it (page get-all-subscription-analytics and its kin). */
export function answerInsights(call: Call, state: State, rows: readonly Fields[], insights: Insights): Reply {
  const asked = asking(call.query);
  try {
    const filter = asked('filter');
    const shown = filter === undefined ? rows : rows.filter(readFilter(filter, insights.fields));
    const grouped = group(shown, asked('groupby'), asked('aggregationlevel'), insights);
    return page(call, state, order(grouped, asked('orderby'), insights));
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return refuse(400, '3000', error.message);
  }
}

/** Names in the query count without regard to case. */
function asking(query: URLSearchParams): (name: string) => string | undefined {
  const given = new Map([...query].map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => (given.get(name)?.trim() === '' ? undefined : given.get(name)?.trim());
}

/** One query value of a call, whatever the letter case of its name. */
export function askedFor({ query }: Call, name: string): string | undefined {
  return asking(query)(name.toLowerCase());
}

function group(
  rows: readonly Fields[],
  by: string | undefined,
  level: string | undefined,
  insights: Insights,
): readonly Fields[] {
  if (by === undefined) {
    if (level !== undefined) throw new FilterError('aggregationLevel is not supported without groupby.');
    return rows;
  }
  const names = namesIn(by, insights.fields);
  const groups = new Map<string, { readonly fields: Fields; readonly rows: Fields[] }>();
  for (const row of rows) {
    const fields = Object.fromEntries(names.map((name) => [name, bucketOf(row[name], name, level)]));
    const key = JSON.stringify(fields);
    const found = groups.get(key) ?? { fields, rows: [] };
    found.rows.push(row);
    groups.set(key, found);
  }
  return [...groups.values()].map(({ fields, rows: members }) => ({
    ...fields,
    ...Object.fromEntries(Object.entries(insights.sums).map(([name, sum]) => [name, sum(members)])),
  }));
}

function namesIn(list: string, fields: readonly string[]): readonly string[] {
  return list.split(',').map((word) => {
    const wanted = word.trim();
    const name = fields.find((known) => known.toLowerCase() === wanted.toLowerCase());
    if (name === undefined) throw new FilterError(`There is no field ${wanted} to go by.`);
    return name;
  });
}

/** The first day of the day, week or month in which a date is. */
function bucketOf(value: unknown, name: string, level: string | undefined): unknown {
  if (level === undefined || value === null || value === undefined || !/date/iu.test(name))
    return value ?? null;
  const date = new Date(timeOf(value));
  date.setUTCHours(0, 0, 0, 0);
  switch (level.toLowerCase()) {
    case 'day':
      break;
    case 'week':
      date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
      break;
    case 'month':
      date.setUTCDate(1);
      break;
    default:
      throw new FilterError('aggregationLevel is day, week or month.');
  }
  return date.toISOString().slice(0, 19);
}

function order(
  rows: readonly Fields[],
  by: string | undefined,
  { fields, sums }: Insights,
): readonly Fields[] {
  if (by === undefined) return rows;
  const keys = by.split(',').map((word) => {
    const [name = '', direction = 'asc'] = word.trim().split(/\s+/u);
    if (!/^(?:asc|desc)$/iu.test(direction))
      throw new FilterError(`An order is asc or desc, not ${direction}.`);
    const [field = ''] = namesIn(name, [...fields, ...Object.keys(sums)]);
    return { field, sign: direction.toLowerCase() === 'desc' ? -1 : 1 };
  });
  return rows.toSorted((a, b) => {
    for (const { field, sign } of keys) {
      const difference = compare(a[field], b[field]);
      if (difference !== 0) return sign * difference;
    }
    return 0;
  });
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '') < String(b ?? '') ? -1 : String(a ?? '') > String(b ?? '') ? 1 : 0;
}

/** `top` rows from `skip` on; where there are more, the link to them, with everything else that was asked for. */
function page({ path, query }: Call, state: State, rows: readonly Fields[]): Reply {
  const asked = asking(query);
  const top = Number(asked('top') ?? mostRows);
  const skip = Number(asked('skip') ?? 0);
  if (!(top >= 1 && top <= mostRows && skip >= 0))
    return refuse(400, '3000', `top is 1 to ${mostRows}, skip is not negative.`);
  const end = skip + Math.min(top, state.behaviour.pageLimit);
  const rest = new URLSearchParams([...query].filter(([name]) => !/^skip$/iu.test(name)));
  rest.set('skip', String(end));
  return ok({
    Value: rows.slice(skip, end),
    '@nextLink': end < rows.length ? `${path}?${rest.toString().replaceAll('+', '%20')}` : null,
    TotalCount: rows.length,
  });
}
