import type { Node } from '../load/document.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { checkStep, type StepChecking } from './check-step.ts';
import type { CheckedStep, CommonFields } from './checked-step.ts';
import type { Block, Step } from './playbook.ts';
import type { Fields, Problems } from './problems.ts';
import { type StepScope, withStep, withVariables } from './scope.ts';

const failure: JsonSchema = {
  type: 'object',
  properties: {
    step: { type: 'string' },
    code: { type: 'string' },
    message: { type: 'string' },
    status: { type: 'integer' },
    requestId: { type: 'string' },
  },
};

/** Checks a block: its steps, and those for when they fail and for the end. */
export function checkBlock(
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: StepChecking,
): CheckedStep | undefined {
  const parallel = fields.boolean('parallel') ?? false;
  const steps = checkSteps(fields.list('steps') ?? [], scope, checking, parallel);
  if (fields.list('steps')?.length === 0)
    checking.problems.error('MISSING_FIELD', 'a block needs at least one step', fields.keyAt('steps'));
  const attempted = steps.checked.reduce(
    (inner, checked) => afterwards(inner, checked, { mayFail: true }),
    scope,
  );
  const rescue = checkSteps(
    fields.list('rescue') ?? [],
    withVariables(attempted, { failure }),
    checking,
    false,
  );
  const final = checkSteps(fields.list('finally') ?? [], attempted, checking, false);
  for (const only of ['with', 'inDoubt'])
    if (fields.get(only) !== undefined)
      checking.problems.error('UNKNOWN_FIELD', `'${only}' goes with 'uses'`, fields.keyAt(only));
  fields.end([
    'id',
    'steps',
    'if',
    'forEach',
    'as',
    'key',
    'parallel',
    'rescue',
    'finally',
    'needs',
    'onError',
    'timeout',
    'retry',
    'name',
    'description',
  ]);
  if (parallel) refuseCycles(steps.checked, checking.problems);
  const block: Block = {
    ...common,
    type: 'block',
    parallel,
    steps: stepsOf(steps.checked),
    rescue: stepsOf(rescue.checked),
    finally: stepsOf(final.checked),
  };
  const inside = [...steps.checked, ...final.checked, ...rescue.checked];
  if (common.forEach === undefined) return { step: block, result: undefined, inside };
  return { step: block, result: { type: 'object', additionalProperties: itemSchema(inside) }, inside: [] };
}

function stepsOf(checked: readonly CheckedStep[]): readonly Step[] {
  return checked.map(({ step }) => step);
}

/** What `steps.<loop>[key]` holds: the results of the steps inside, those of nested blocks too. */
function itemSchema(inside: readonly CheckedStep[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const collect = (steps: readonly CheckedStep[]): void => {
    for (const { step, result, inside: nested } of steps) {
      if (result !== undefined) properties[step.id] = resultOf(step, result);
      collect(nested ?? []);
    }
  };
  collect(inside);
  return { type: 'object', properties };
}

/** `steps.<id>`: the operation's result, or one for each key of a loop over a single operation. */
function resultOf(step: Step, result: JsonSchema): JsonSchema {
  return step.forEach !== undefined && step.type !== 'block'
    ? { type: 'object', additionalProperties: result }
    : result;
}

/** Checks steps one after another, each in the scope of those before it (or, in parallel, of none of them). */
export function checkSteps(
  nodes: readonly Node[],
  scope: StepScope,
  checking: StepChecking,
  parallel: boolean,
): { readonly checked: readonly CheckedStep[]; readonly scope: StepScope } {
  const checked: CheckedStep[] = [];
  const siblings = nodes.flatMap((node) => idOf(node));
  let current = scope;
  for (const node of nodes) {
    const beside = parallel
      ? new Set([...scope.beside, ...siblings.filter((id) => id !== idOf(node)[0])])
      : current.beside;
    const step = checkStep(node, parallel ? { ...scope, beside } : current, checking);
    if (step === undefined) {
      current = unknownAfter(current, node);
      continue;
    }
    checked.push(step);
    current = afterwards(current, step, { mayFail: false });
  }
  return { checked, scope: current };
}

function idOf(node: Node): readonly string[] {
  const id = node.type === 'map' ? node.entries.find(({ key }) => key === 'id')?.value : undefined;
  return id?.type === 'scalar' && typeof id.value === 'string' ? [id.value] : [];
}

/** A step that was refused is still there for those after it, with anything as its result: one mistake, one message. */
function unknownAfter(scope: StepScope, node: Node): StepScope {
  return idOf(node).reduce(
    (current, id) => withStep(current, id, { schema: {}, conditions: [], mayFail: false }),
    scope,
  );
}

/** The scope after a step: its own id, or for a plain block the ids inside. */
export function afterwards(
  scope: StepScope,
  checked: CheckedStep,
  block: { readonly mayFail: boolean },
): StepScope {
  return visible(checked, [], block.mayFail).reduce(
    (current, { id, ...step }) => withStep(current, id, step),
    scope,
  );
}

function visible(
  { step, result, inside }: CheckedStep,
  around: readonly string[],
  mayFail: boolean,
): readonly {
  readonly id: string;
  readonly schema: JsonSchema;
  readonly conditions: readonly string[];
  readonly mayFail: boolean;
}[] {
  const conditions = [...around, ...(step.if?.conjuncts ?? [])];
  const fails = mayFail || step.onError === 'continue' || step.needs.length > 0;
  const own =
    result === undefined ? [] : [{ id: step.id, schema: resultOf(step, result), conditions, mayFail: fails }];
  const rescued = step.type === 'block' && step.rescue.length > 0;
  const rescue = new Set(step.type === 'block' ? step.rescue.map(({ id }) => id) : []);
  return [
    ...own,
    ...(inside ?? []).flatMap((inner) =>
      visible(inner, conditions, fails || rescued || rescue.has(inner.step.id)),
    ),
  ];
}

/** Steps side by side that need each other in a ring would wait for ever. */
function refuseCycles(steps: readonly CheckedStep[], problems: Problems): void {
  const byId = new Map(steps.map(({ step }) => [step.id, step]));
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const step = byId.get(id);
    if (step === undefined || done.has(id)) return;
    if (trail.includes(id)) {
      const ring = [...trail.slice(trail.indexOf(id)), id];
      problems.error('STEP_CYCLE', `steps need each other in a circle: ${ring.join(' → ')}`, {
        ...step.at,
        length: 1,
      });
      for (const member of ring) done.add(member);
      return;
    }
    for (const needed of step.needs) visit(needed, [...trail, id]);
    done.add(id);
  };
  for (const { step } of steps) visit(step.id, []);
}
