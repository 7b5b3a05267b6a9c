import type { Fields } from '../reply.ts';

/** Fields that `$filter` may name (page get-a-list-of-referrals). */
const filterable = ['engagementId', 'status', 'substatus', 'updatedDateTime', 'email'];

const operators: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};

type Filter = (referral: Fields) => boolean;

/** Conditions `field operator 'value'` joined by `and`; undefined where it is something else. */
export function referralFilter(text: string | null): Filter | undefined {
  if (text === null || text.trim() === '') return () => true;
  const conditions = text.split(/\s+and\s+/iu).map(conditionOf);
  return conditions.includes(undefined)
    ? undefined
    : (referral) => (conditions as readonly Filter[]).every((condition) => condition(referral));
}

function conditionOf(text: string): Filter | undefined {
  const [, name = '', operator = '', quoted] = /^\s*(\w+)\s+(\w+)\s+'?([^']*?)'?\s*$/u.exec(text) ?? [];
  const field = filterable.find((one) => one.toLowerCase() === name.toLowerCase());
  const compare = operators[operator.toLowerCase()];
  if (field === undefined || compare === undefined || quoted === undefined) return undefined;
  const wanted = quoted.toLowerCase();
  return (referral) => valuesOf(referral, field).some((value) => compare(value.toLowerCase(), wanted));
}

/** A mail address is that of anybody on the customer's team or the partner's. */
function valuesOf(referral: Fields, field: string): readonly string[] {
  if (field !== 'email') return [String(referral[field] ?? '')];
  const customer = (referral.customerProfile ?? {}) as Fields;
  const people = [customer.team, referral.team].flat() as readonly (Fields | undefined)[];
  return people.map((person) => String(person?.email ?? ''));
}

/** `createdDateTime asc` or `desc`, without it as they were made; undefined where it is something else. */
export function orderOf(text: string | null): ((a: Fields, b: Fields) => number) | undefined {
  if (text === null || text === '') return () => 0;
  const direction = /^createdDateTime(?:\s+(asc|desc))?$/iu.exec(text.trim());
  if (direction === null) return undefined;
  const sign = direction[1]?.toLowerCase() === 'desc' ? -1 : 1;
  return (a, b) => sign * String(a.createdDateTime).localeCompare(String(b.createdDateTime));
}
