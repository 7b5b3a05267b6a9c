import type { Node } from '../load/document.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { checkStep, type StepChecking } from './check-step.ts';
import type { CheckedStep, CommonFields } from './checked-step.ts';
import { idOf } from './ids.ts';
import type { Block, Step } from './playbook.ts';
import type { Fields } from './problems.ts';
import { type Layer, type StepScope, withStep, withVariables } from './scope.ts';
import { inOrderOfNeeds, neededBy, refuseCycles } from './side-by-side.ts';

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

const blockFields = [
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
];

/** Checks a block: its steps, and those for when they fail and for the end. */
export function checkBlock(
  fields: Fields,
  common: CommonFields,
  scope: StepScope,
  checking: StepChecking,
): CheckedStep | undefined {
  const parallel = fields.boolean('parallel') ?? false;
  const nodes = fields.list('steps');
  const steps = checkSteps(nodes ?? [], scope, checking, parallel);
  if (nodes?.length === 0)
    checking.problems.error('MISSING_FIELD', 'a block needs at least one step', fields.keyAt('steps'));
  // What follows a failure knows of no step inside whether it ran.
  const attempted = steps.checked.reduce(
    (inner, checked) => afterwards(inner, checked, [{ conditions: [], mayFail: true }]),
    scope,
  );
  const rescueScope = withVariables(attempted, { failure });
  const rescue = checkSteps(fields.list('rescue') ?? [], rescueScope, checking, false);
  const final = checkSteps(fields.list('finally') ?? [], attempted, checking, false);
  for (const only of ['with', 'inDoubt'])
    if (fields.get(only) !== undefined)
      checking.problems.error('UNKNOWN_FIELD', `'${only}' goes with 'uses'`, fields.keyAt(only));
  fields.end(blockFields);
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
  return step.forEach !== undefined && (step.type !== 'block' || step.used !== undefined)
    ? { type: 'object', additionalProperties: result }
    : result;
}

interface CheckedSteps {
  readonly checked: readonly CheckedStep[];
  readonly scope: StepScope;
}

/** Checks steps one after another, each in the scope of those before it (or, in parallel, of those that it needs). */
export function checkSteps(
  nodes: readonly Node[],
  scope: StepScope,
  checking: StepChecking,
  parallel: boolean,
): CheckedSteps {
  if (parallel) return checkSideBySide(nodes, scope, checking);
  const checked: CheckedStep[] = [];
  let current: StepScope = { ...scope, siblings: new Set() };
  for (const node of nodes) {
    const step = checkStep(node, current, checking);
    if (step !== undefined) checked.push(step);
    current = step === undefined ? unknownAfter(current, node) : afterwards(current, step, []);
  }
  return { checked, scope: current };
}

/** Steps side by side see none of each other but those that they need. */
function checkSideBySide(nodes: readonly Node[], scope: StepScope, checking: StepChecking): CheckedSteps {
  refuseCycles(nodes, checking.problems);
  const done = new Map<Node, CheckedStep | undefined>();
  const after = (start: StepScope, node: Node): StepScope => {
    const step = done.get(node);
    return step === undefined ? unknownAfter(start, node) : afterwards(start, step, []);
  };
  for (const node of inOrderOfNeeds(nodes)) {
    const needed = neededBy(node, nodes).filter((other) => done.has(other));
    const others = nodes.filter((other) => other !== node).flatMap((other) => idOf(other) ?? []);
    const seen = new Set(needed.map(idOf));
    const start: StepScope = {
      ...scope,
      beside: new Set([...scope.beside, ...others.filter((id) => !seen.has(id))]),
      siblings: new Set(others),
    };
    done.set(node, checkStep(node, needed.reduce(after, start), checking));
  }
  return {
    checked: nodes.flatMap((node) => done.get(node) ?? []),
    scope: nodes.reduce(after, scope),
  };
}

/** A step that was refused is still there for those after it, with anything as its result: one mistake, one message. */
function unknownAfter(scope: StepScope, node: Node): StepScope {
  const id = idOf(node);
  return id === undefined ? scope : withStep(scope, id, {}, []);
}

/** The scope after a step: its own id, and for a plain block the ids inside. */
function afterwards(scope: StepScope, checked: CheckedStep, around: readonly Layer[]): StepScope {
  return visible(checked, around).reduce(
    (current, { id, schema, layers }) => withStep(current, id, schema, layers),
    scope,
  );
}

interface Visible {
  readonly id: string;
  readonly schema: JsonSchema | undefined;
  readonly layers: readonly Layer[];
}

function visible({ step, result, inside }: CheckedStep, around: readonly Layer[]): readonly Visible[] {
  const own: Layer = {
    id: step.id,
    conditions: isPerItem(step) ? [] : (step.if?.conjuncts ?? []),
    mayFail: step.onError === 'continue',
  };
  const layers = [...around, own];
  const rescued = step.type === 'block' && step.rescue.length > 0;
  const within: readonly Layer[] = rescued ? [...layers, { conditions: [], mayFail: true }] : layers;
  const last = new Set(step.type === 'block' ? step.finally : []);
  return [
    { id: step.id, schema: result && resultOf(step, result), layers },
    ...(inside ?? []).flatMap((inner) => visible(inner, last.has(inner.step) ? layers : within)),
  ];
}

/** An `if` that reads the item is asked for each item: the step itself is always there. */
function isPerItem({ if: condition, forEach }: Step): boolean {
  return forEach !== undefined && condition?.references.some(({ path }) => path[0] === forEach.as) === true;
}
