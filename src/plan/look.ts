import type { Lookup, Operation, Operations } from '../operations/operation.ts';
import { fill, pathOf } from '../operations/template.ts';
import type { Reader } from '../partner-center/reader.ts';
import { adoptable } from './adopt.ts';
import type { Finding } from './finding.ts';
import { sameAs } from './same-as.ts';

export interface LookParts {
  readonly reader: Reader;
  readonly operations: Operations;
  readonly signal?: AbortSignal;
}

export interface Looking {
  readonly lookup: Lookup;
  /** The step's inputs. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Where it is to be settled whether a request happened: when it was first about to leave, in epoch milliseconds. */
  readonly intendedAt?: number;
  /** Ids that belong to other steps of this record. */
  readonly taken?: ReadonlySet<unknown>;
}

type Asked =
  | { readonly type: 'ok'; readonly operation: Operation; readonly result: unknown }
  | Exclude<Finding, { type: 'found' }>;

/** Finds out whether the thing exists, or whether the request happened. Reads afresh, never sends anything else. */
export async function look(parts: LookParts, looking: Looking): Promise<Finding> {
  const { lookup, input } = looking;
  // An author's own look-up that would ask for less than it says proves nothing.
  if (
    lookup.read !== undefined &&
    Object.values(lookup.equal).some((wanted) => fill(wanted, { input }) === undefined)
  )
    return { type: 'impossible', reason: 'what the look-up compares has no value' };
  const asked = await ask(parts, lookup.read ?? lookup.operation, fill(lookup.with, { input }));
  const seen = asked.type === 'ok' ? judge(lookup, input, asked.operation, asked.result) : asked;
  const finding = lookup.absent === true ? reversed(seen) : seen;
  if (finding.type !== 'found' || lookup.absent === true) return finding;
  const { thing } = finding;
  if (lookup.then !== undefined) {
    const whole = await ask(parts, lookup.then.operation, fill(lookup.then.with, { input, found: thing }));
    if (whole.type === 'ok') return { type: 'found', thing, result: whole.result };
    // An app alone may find a customer and may not read it whole: what the list shows of it is then the result.
    return whole.type === 'impossible' && whole.forbidden === true ? finding : notWhole(whole);
  }
  if (lookup.adopt !== undefined && looking.intendedAt !== undefined) {
    const { adopt } = lookup;
    const listed = await ask(parts, adopt.operation, fill(adopt.with, { input, found: thing }));
    if (listed.type !== 'ok') return notWhole(listed);
    const adopted = adoptable(adopt, {
      items: itemsOf(listed.result),
      input,
      found: thing,
      intendedAt: looking.intendedAt,
      taken: looking.taken ?? new Set(),
    });
    return adopted.type === 'found' ? withResult(lookup, input, adopted, adopted.result) : adopted;
  }
  return withResult(lookup, input, finding, thing);
}

/** The step's result, where the look-up says how it is made of what was found. */
function withResult(
  { result }: Lookup,
  input: unknown,
  finding: Extract<Finding, { type: 'found' }>,
  found: unknown,
): Finding {
  return result === undefined ? finding : { ...finding, result: fill(result, { input, found }) };
}

/** For deletes the find is that nothing is there. */
function reversed(finding: Finding): Finding {
  if (finding.type === 'absent') return { type: 'found', thing: {}, result: {} };
  return finding.type === 'found' ? { type: 'absent' } : finding;
}

/** It is there, but what it is cannot be read just now: never a reason to send it again. */
function notWhole(asked: Exclude<Asked, { type: 'ok' }>): Finding {
  return asked.type === 'absent'
    ? { type: 'unclear', reason: 'it is listed, but cannot be read yet' }
    : asked;
}

async function ask(
  { reader, operations, signal }: LookParts,
  named: string | Operation,
  filled: unknown,
): Promise<Asked> {
  const operation = typeof named === 'string' ? operations.get(named) : named;
  if (operation === undefined)
    throw new Error(`the catalogue names ${named as string} in a look-up and has no such operation`);
  const { name } = operation;
  const input = filled as Readonly<Record<string, unknown>>;
  const answer = await reader.read(operation, input, { fresh: true, ...(signal && { signal }) });
  switch (answer.type) {
    case 'ok':
      return { type: 'ok', operation, result: answer.result };
    case 'unknown':
      return { type: 'unclear', reason: `${name}: ${answer.reason}` };
    case 'refused': {
      const { status, description } = answer.error;
      if (status === 404) return { type: 'absent' };
      const reason = `${name}: ${description}`;
      return answer.again || status >= 500
        ? { type: 'unclear', reason }
        : { type: 'impossible', reason, forbidden: status === 403 };
    }
  }
}

/** Reads one answer as the look-up wants it read. */
export function judge(
  lookup: Lookup,
  input: Readonly<Record<string, unknown>>,
  operation: Operation,
  result: unknown,
): Finding {
  const candidates = candidatesOf(lookup, operation, result);
  const wanted = lookup.each === undefined ? [undefined] : pathOf(input, lookup.each);
  const things = (Array.isArray(wanted) ? wanted : []).map((item: unknown) =>
    matching(candidates, lookup, input, item),
  );
  if (things.length > 0 && !things.includes(undefined))
    return { type: 'found', thing: things[0], result: lookup.each === undefined ? things[0] : result };
  const only = operation.kind === 'read' && lookup.each === undefined && candidates.length === 1;
  if (lookup.unless === undefined) return { type: 'absent', ...(only ? { seen: candidates[0] } : {}) };
  const unless = Object.entries(lookup.unless);
  const disproved = candidates.some((item) =>
    unless.every(([path, values]) => values.some((value) => sameAs(pathOf(item, path), value))),
  );
  if (disproved) return { type: 'absent' };
  return {
    type: 'unclear',
    reason: `${lookup.operation} shows neither that it happened nor that it did not`,
  };
}

function matching(candidates: readonly unknown[], lookup: Lookup, input: unknown, item: unknown): unknown {
  const equal = fillEqual(lookup.equal, input, item);
  if (equal.length === 0 && item !== undefined) return undefined;
  const differ = fillEqual(lookup.differ ?? {}, input, item);
  const holds = (candidate: unknown, [path, wanted]: readonly [string, unknown]) =>
    valuesAt(candidate, path).some((value) => sameAs(value, wanted));
  return candidates.find(
    (candidate) =>
      equal.every((pair) => holds(candidate, pair)) && !differ.some((pair) => holds(candidate, pair)),
  );
}

/** The value at a path; where the path has a `*`, the values in every element of the list there. */
function valuesAt(value: unknown, path: string): readonly unknown[] {
  const [before = '', ...after] = path.split('.*.');
  const start = pathOf(value, before);
  if (after.length === 0) return [start];
  return (Array.isArray(start) ? start : []).flatMap((item: unknown) => valuesAt(item, after.join('.*.')));
}

/** What is looked at: the items of a list, the elements of a list inside an answer, or the answer itself. */
function candidatesOf(lookup: Lookup, operation: Operation, result: unknown): readonly unknown[] {
  if (operation.kind === 'list') return itemsOf(result);
  if (lookup.in === undefined) return [result];
  const elements = pathOf(result, lookup.in);
  return Array.isArray(elements) ? elements : [];
}

/** Paths with what they must equal; an input that was not given asks for nothing. */
function fillEqual(
  equal: Lookup['equal'],
  input: unknown,
  item: unknown,
): readonly (readonly [string, unknown])[] {
  return Object.entries(equal)
    .map(([path, template]) => [path, fill(template, { input, item })] as const)
    .filter(([, wanted]) => wanted !== undefined);
}

function itemsOf(result: unknown): readonly unknown[] {
  const items = pathOf(result, 'items');
  return Array.isArray(items) ? items : [];
}
