import { canonical } from './fits.ts';
import type { Action, PlanHeader, PlannedAction, PlannedRecord } from './plan.ts';

/** What two plans say of one step of one record. */
export interface StepDifference {
  readonly path: string;
  readonly uses: string;
  /** Before and after; absent where the plan does not have the step. */
  readonly action: readonly [before: Action | undefined, after: Action | undefined];
  /** Path of a value → before and after; secrets are marks, as they are in the plans. */
  readonly values: Readonly<Record<string, readonly [before: unknown, after: unknown]>>;
}

/** What two plans say of one record. */
export interface RecordDifference {
  /** `row`: the plans say the same, and the row differs in what plans do not show, a secret for instance. */
  readonly kind: 'added' | 'removed' | 'changed' | 'row';
  readonly key: string;
  /** Row of the input, before and after. */
  readonly row: readonly [before: number | undefined, after: number | undefined];
  /** Whether the row could not be used, before and after. */
  readonly invalid: readonly [before: boolean, after: boolean];
  readonly steps: readonly StepDifference[];
}

/** A record that one plan has and the other has not. */
export function onlyIn(plan: 'before' | 'after', record: PlannedRecord): RecordDifference {
  const before = plan === 'before';
  return {
    kind: before ? 'removed' : 'added',
    key: record.key,
    row: before ? [record.row, undefined] : [undefined, record.row],
    invalid: [before && record.invalid !== undefined, !before && record.invalid !== undefined],
    steps: record.actions.map((action) => stepOnlyIn(before, action)),
  };
}

/** What differs between two plans' records of one key, or undefined. Where in the file the row stands is no difference. */
export function compareRecords(before: PlannedRecord, after: PlannedRecord): RecordDifference | undefined {
  const later = new Map(after.actions.map((action) => [action.path, action]));
  const steps: StepDifference[] = [];
  for (const action of before.actions) {
    const other = later.get(action.path);
    later.delete(action.path);
    const difference = other === undefined ? stepOnlyIn(true, action) : compareSteps(action, other);
    if (difference !== undefined) steps.push(difference);
  }
  for (const action of later.values()) steps.push(stepOnlyIn(false, action));
  const invalid = [before.invalid !== undefined, after.invalid !== undefined] as const;
  const same = steps.length === 0 && canonical(before.invalid) === canonical(after.invalid);
  if (same && before.digest === after.digest) return undefined;
  return { kind: same ? 'row' : 'changed', key: after.key, row: [before.row, after.row], invalid, steps };
}

function compareSteps(before: PlannedAction, after: PlannedAction): StepDifference | undefined {
  const values = compareValues(valuesOf(before), valuesOf(after));
  const same = before.action === after.action && before.uses === after.uses;
  if (same && Object.keys(values).length === 0) return undefined;
  return { path: after.path, uses: after.uses, action: [before.action, after.action], values };
}

function stepOnlyIn(before: boolean, action: PlannedAction): StepDifference {
  return {
    path: action.path,
    uses: action.uses,
    action: before ? [action.action, undefined] : [undefined, action.action],
    values: before ? compareValues(valuesOf(action), new Map()) : compareValues(new Map(), valuesOf(action)),
  };
}

function compareValues(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): StepDifference['values'] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return Object.fromEntries(
    names
      .map((name) => [name, [before.get(name), after.get(name)]] as const)
      .filter(([, [is, was]]) => canonical(is) !== canonical(was)),
  );
}

/** All that a plan says of a step, by path: its inputs, what it found, what it would change, and why. */
function valuesOf({ with: given, changes, found, reason }: PlannedAction): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  addLeaves(values, '', given ?? {});
  for (const [path, [is, wanted]] of Object.entries(changes ?? {})) {
    values.set(`${path} (exists)`, is);
    values.set(`${path} (wanted)`, wanted);
  }
  if (found !== undefined) values.set('(found)', found);
  if (reason !== undefined) values.set('(reason)', reason);
  return values;
}

function addLeaves(values: Map<string, unknown>, path: string, value: unknown): void {
  const isMark = typeof value === 'object' && value !== null && ('$unknown' in value || '$secret' in value);
  if (typeof value !== 'object' || value === null || isMark) values.set(path, value);
  else
    for (const [name, inner] of Object.entries(value))
      addLeaves(values, path === '' ? name : `${path}.${name}`, inner);
}

/** What differs in what two plans were made from; a sentence each. The time of planning is no difference. */
export function compareHeaders(before: PlanHeader, after: PlanHeader): readonly string[] {
  const { digests: was } = before;
  const { digests: is } = after;
  const names = [...new Set([...Object.keys(before.parameters), ...Object.keys(after.parameters)])];
  const parameters = names
    .filter((name) => canonical(before.parameters[name]) !== canonical(after.parameters[name]))
    .map(
      (name) =>
        `parameter ${name}: ${canonical(before.parameters[name])} → ${canonical(after.parameters[name])}`,
    );
  const otherSecret = was.parameters !== is.parameters && parameters.length === 0;
  const related = [...new Set([...Object.keys(was.related), ...Object.keys(is.related)])];
  return [
    ...(was.playbook === is.playbook ? [] : [`the playbook ${after.playbook.file} is another one`]),
    ...(was.input === is.input ? [] : [`the input ${after.input.file} has other bytes`]),
    ...related
      .filter((name) => was.related[name] !== is.related[name])
      .map((name) => `the related file ${after.input.related[name] ?? name} has other bytes`),
    ...parameters,
    ...(otherSecret ? ['a secret parameter has another value'] : []),
    ...(was.operations === is.operations ? [] : ['they were made with other versions of the operations']),
    ...(was.target === is.target ? [] : [`target: ${before.target} → ${after.target}`]),
    ...(before.offline === after.offline ? [] : ['one of them was made offline']),
  ];
}
