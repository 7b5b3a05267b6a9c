import type { Block, OperationStep, Playbook, Step, UsedPlaybook, WaitStep } from '../check/playbook.ts';
import type { InputRecord } from '../check/record.ts';
import { EvaluationError } from '../expression/evaluate.ts';
import { isRead, type Operation } from '../operations/operation.ts';
import { asText } from '../schema/as-text.ts';
import { digestOfRecord } from './fits.ts';
import { type Frame, itemFrame, namesOf, rootFrame } from './frame.ts';
import { againStep, keptStep, type Memory } from './memory.ts';
import type { Action, PlannedAction, PlannedRecord } from './plan.ts';
import { type Asking, type PlannedStep, planOperation, planWait } from './plan-step.ts';
import { containsUnknown, isUnknown, type Names, resolve, resolveExpression } from './resolve.ts';
import { givenTo, outputsFrom } from './used.ts';

/** What every record of a plan is planned with. */
export interface PlanContext extends Asking {
  readonly playbook: Playbook;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * Plans one record: its steps in order, with what is known of each. Reads, never writes.
 * @param memory what a run has done of the record already, where the plan goes on with one
 */
export async function planRecord(
  record: InputRecord,
  context: PlanContext,
  memory?: Memory,
): Promise<PlannedRecord> {
  const walk = new RecordWalk(context, memory);
  await walk.steps(context.playbook.steps, rootFrame(record, context.parameters, memory), undefined);
  return {
    index: record.index,
    key: record.key,
    row: record.cell.row,
    digest: digestOfRecord(record),
    actions: walk.actions,
  };
}

const changing: ReadonlySet<Action> = new Set(['create', 'update', 'delete', 'act', 'conditional']);

class RecordWalk {
  readonly actions: PlannedAction[] = [];
  /** Resources of which the record will have changed something by then: what they are now is not what a step will read. */
  readonly #changed = new Set<string>();
  readonly #context: PlanContext;
  readonly #memory: Memory | undefined;
  /** Inside of rescue steps nothing is remembered: what they made good was another failure. */
  #rescuing = 0;

  constructor(context: PlanContext, memory: Memory | undefined) {
    this.#context = context;
    this.#memory = memory;
  }

  /** @param conditional why it is not known whether these steps happen at all */
  async steps(steps: readonly Step[], frame: Frame, conditional: string | undefined): Promise<void> {
    for (const step of steps) await this.#step(step, frame, conditional);
  }

  async #step(step: Step, frame: Frame, outer: string | undefined): Promise<void> {
    const path = frame.prefix + step.id;
    try {
      const perItem =
        step.forEach !== undefined &&
        step.if?.references.some(({ path: [root] }) => root === step.forEach!.as) === true;
      const holds = step.if === undefined || perItem ? true : resolveExpression(step.if, namesOf(frame));
      if (holds === false) return this.#skip(step, path, frame);
      const conditional = outer ?? (isUnknown(holds) ? `if ${step.if!.source}` : undefined);
      if (step.forEach === undefined) await this.#once(step, path, frame, conditional);
      else await this.#items(step, path, frame, conditional, perItem);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      this.#add(step, frame, {
        action: { path, uses: usesOf(step), action: 'refuse', reason: error.message, calls: 0 },
      });
    }
  }

  #skip(step: Step, path: string, frame: Frame): void {
    this.actions.push({
      path,
      uses: usesOf(step),
      action: 'skip',
      calls: 0,
      ...(step.if === undefined ? {} : { reason: `if ${step.if.source}` }),
    });
    for (const { id } of [step, ...insideOf(step)]) frame.actions.set(id, 'skip');
  }

  async #once(step: Step, path: string, frame: Frame, conditional: string | undefined): Promise<void> {
    switch (step.type) {
      case 'block':
        if (step.used !== undefined) return this.#used(step, step.used, path, frame, conditional);
        await this.steps(step.steps, { ...frame, prefix: `${path}.` }, conditional);
        await this.steps(step.finally, { ...frame, prefix: `${path}.` }, conditional);
        frame.actions.set(
          step.id,
          step.steps.some(({ id }) => frame.actions.get(id) === 'refuse') ? 'refuse' : 'act',
        );
        await this.#rescue(step.rescue, { ...frame, prefix: `${path}.` });
        return;
      case 'operation':
      case 'wait':
        return this.#add(
          step,
          frame,
          await this.#remembered(step, path, namesOf(frame), () =>
            this.#leaf(step, path, frame, conditional),
          ),
        );
      case 'assert':
        return this.#assert(step, path, frame, conditional);
      case 'approve':
        return this.#approve(step, path, frame, conditional);
    }
  }

  /** Another playbook's steps: they see what they are given, and give their outputs. */
  async #used(
    { id, steps }: Block,
    used: UsedPlaybook,
    path: string,
    frame: Frame,
    conditional: string | undefined,
  ): Promise<void> {
    const { record, params, unknown } = givenTo(used, namesOf(frame));
    const own: Record<string, unknown> = {};
    const inner: Frame = {
      values: {
        record,
        params,
        ...(frame.values.run === undefined ? {} : { run: frame.values.run }),
        steps: own,
      },
      steps: own,
      unknown: [...frame.unknown.filter(([root]) => root === 'run'), ...unknown],
      actions: new Map(),
      prefix: `${path}.`,
    };
    await this.steps(steps, inner, conditional);
    const outputs = Object.entries(outputsFrom(used, namesOf(inner)));
    for (const [name, value] of outputs) if (containsUnknown(value)) frame.unknown.push(['steps', id, name]);
    frame.steps[id] = Object.fromEntries(outputs.filter(([, value]) => !containsUnknown(value)));
    frame.actions.set(id, steps.some((step) => inner.actions.get(step.id) === 'refuse') ? 'refuse' : 'act');
  }

  #leaf(
    step: OperationStep | WaitStep,
    path: string,
    frame: Frame,
    conditional: string | undefined,
  ): Promise<PlannedStep> {
    const names = namesOf(frame);
    if (step.type === 'operation')
      return planOperation(step, path, names, this.#asking(step.operation), conditional);
    if (conditional === undefined) return planWait(step, path, names, this.#asking(step.read?.operation));
    const calls = step.read === undefined ? 0 : 1;
    return Promise.resolve({ action: { path, uses: 'wait', action: 'wait', calls } });
  }

  /** What the run has done already is not done again unless it may be, and then it is said. */
  async #remembered(
    step: OperationStep | WaitStep,
    path: string,
    names: Names,
    plan: () => Promise<PlannedStep>,
  ): Promise<PlannedStep> {
    const verdict = this.#rescuing > 0 ? undefined : this.#memory?.of(step, path, names);
    switch (verdict?.type) {
      case undefined:
        return plan();
      case 'kept':
        return keptStep(step, path, verdict);
      case 'again':
        return againStep(await plan(), verdict.changes);
      case 'refused':
        return {
          action: { path, uses: usesOf(step), action: 'refuse', reason: verdict.reason, calls: 0 },
        };
    }
  }

  #asking(operation: Operation | undefined): Asking {
    const stale = operation !== undefined && isRead(operation) && this.#changed.has(operation.resource);
    return stale ? { ...this.#context, reader: undefined } : this.#context;
  }

  #assert(
    step: Extract<Step, { type: 'assert' }>,
    path: string,
    frame: Frame,
    conditional: string | undefined,
  ): void {
    const names = namesOf(frame);
    const holds = conditional === undefined ? resolveExpression(step.check, names) : true;
    const action: PlannedAction =
      holds === false
        ? { path, uses: 'assert', action: 'refuse', reason: asText(resolve(step.message, names)), calls: 0 }
        : { path, uses: 'assert', action: 'assert', calls: 0 };
    this.#add(step, frame, { action, result: { value: undefined } });
  }

  /** What is asked is shown; who will have said yes is known only then. */
  #approve(
    step: Extract<Step, { type: 'approve' }>,
    path: string,
    frame: Frame,
    conditional: string | undefined,
  ): void {
    const message = resolve(step.message, namesOf(frame));
    const reason = conditional ?? (isUnknown(message) ? undefined : asText(message));
    this.#add(step, frame, {
      action: {
        path,
        uses: 'approve',
        action: 'approve',
        with: { message },
        calls: 0,
        ...(reason === undefined ? {} : { reason }),
      },
    });
  }

  async #items(
    step: Step,
    path: string,
    frame: Frame,
    conditional: string | undefined,
    perItem: boolean,
  ): Promise<void> {
    const { list, as, key } = step.forEach!;
    const items = resolveExpression(list, namesOf(frame));
    if (isUnknown(items)) return this.#unknownItems(step, path, frame, `for each of ${list.source}`);
    if (!Array.isArray(items)) throw new EvaluationError(`forEach wants a list, and ${list.source} is none`);
    const results = Object.create(null) as Record<string, unknown>; // a key may be any text of a row
    for (const item of items as readonly unknown[]) {
      const name = asText(
        resolveExpression(key, { ...namesOf(frame), values: { ...frame.values, [as]: item } }),
      );
      if (Object.hasOwn(results, name))
        throw new EvaluationError(`two items of ${path} have the key ${name}`);
      const inner = itemFrame(frame, as, item, `${path}[${name}].`);
      const before = new Set(Object.keys(inner.steps));
      const holds = perItem && step.if !== undefined ? resolveExpression(step.if, namesOf(inner)) : true;
      results[name] = {};
      if (holds === false) this.#skip(step, `${path}[${name}]`, inner);
      else
        await this.#once(
          step,
          `${path}[${name}]`,
          inner,
          conditional ?? (isUnknown(holds) ? `if ${step.if!.source}` : undefined),
        );
      const own = Object.entries(inner.steps).filter(([id]) => !before.has(id));
      results[name] =
        step.type === 'block' && step.used === undefined ? Object.fromEntries(own) : inner.steps[step.id];
      if (
        inner.unknown.length > frame.unknown.length &&
        !frame.unknown.some(([root, id]) => root === 'steps' && id === step.id)
      )
        frame.unknown.push(['steps', step.id]);
    }
    frame.steps[step.id] = results;
    frame.actions.set(step.id, 'act');
  }

  /** How many items there are is known only after apply: what one of them goes through is shown once. */
  async #unknownItems(step: Step, path: string, frame: Frame, why: string): Promise<void> {
    this.#memory?.unknownItems(path);
    const inner = itemFrame(frame, step.forEach!.as, {}, `${path}[*].`);
    inner.unknown.push([step.forEach!.as]);
    await this.#once(step, `${path}[*]`, inner, why);
    frame.unknown.push(['steps', step.id]);
    frame.actions.set(step.id, 'conditional');
  }

  /** Rescue steps happen only where something fails: shown, and not counted on. */
  async #rescue(steps: readonly Step[], frame: Frame): Promise<void> {
    if (steps.length === 0) return;
    const inner: Frame = {
      ...frame,
      unknown: [...frame.unknown, ['failure']],
      actions: new Map(frame.actions),
    };
    const before = this.actions.length;
    this.#rescuing += 1;
    await this.steps(steps, inner, 'only if a step of the block fails');
    this.#rescuing -= 1;
    // Nobody counts on failures, so they are not among the calls that are estimated.
    const rescuing = this.actions.splice(before);
    this.actions.push(...rescuing.map((action) => ({ ...action, calls: 0 })));
    for (const { id } of steps) frame.unknown.push(['steps', id]);
  }

  #add(step: Step, frame: Frame, { action, result }: PlannedStep): void {
    this.actions.push(action);
    frame.actions.set(step.id, action.action);
    if (step.type === 'operation' && changing.has(action.action) && !isRead(step.operation))
      this.#changed.add(step.operation.resource);
    if (result === undefined) frame.unknown.push(['steps', step.id]);
    else if (result.value !== undefined) frame.steps[step.id] = result.value;
  }
}

function usesOf(step: Step): string {
  if (step.type === 'block' && step.used !== undefined) return step.used.place;
  return step.type === 'operation' ? step.operation.name : step.type;
}

function insideOf(step: Step): readonly Step[] {
  return step.type === 'block' && step.used === undefined
    ? [...step.steps, ...step.finally].flatMap((inner) => [inner, ...insideOf(inner)])
    : [];
}
