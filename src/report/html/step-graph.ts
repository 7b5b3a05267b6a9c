import type { Step, Value } from '../../check/playbook.ts';
import type { Expression } from '../../expression/expression.ts';

/** One step in the picture of a playbook, in the order in which the steps run. */
export interface GraphNode {
  readonly id: string;
  /** From 1, as the steps run. */
  readonly number: number;
  readonly kind: 'operation' | 'assert' | 'approve' | 'wait';
  /** What it uses: an operation, or what is waited for. */
  readonly uses: string;
  readonly condition?: string;
  readonly loop?: string;
  /** Ids of the blocks that it is in, outermost first. */
  readonly blocks: readonly string[];
}

export interface GraphBlock {
  readonly id: string;
  readonly parent?: string;
  readonly parallel: boolean;
  readonly condition?: string;
  readonly loop?: string;
  /** Runs only after a failure, or in any case. */
  readonly role?: 'rescue' | 'finally';
}

export interface StepGraph {
  readonly nodes: readonly GraphNode[];
  readonly blocks: readonly GraphBlock[];
  /** From a step to one that uses its result, that it is a condition of, or that simply follows. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/**
 * The steps of a playbook as a graph: an arrow goes to each step that uses another's result, and from a check or a wait to
 * what follows it. A step that uses nothing follows the one before it. Arrows that others imply are left out.
 */
export function stepGraph(steps: readonly Step[]): StepGraph {
  const walk: Walk = { nodes: [], blocks: [], edges: new Map(), last: new Map() };
  addSteps(walk, steps, []);
  return { nodes: walk.nodes, blocks: walk.blocks, edges: reduced(walk) };
}

interface Walk {
  readonly nodes: GraphNode[];
  readonly blocks: GraphBlock[];
  /** Step → the steps before it. */
  readonly edges: Map<string, Set<string>>;
  /** Id of a step or block → the node whose result stands for it: its last one. */
  readonly last: Map<string, string>;
}

function addSteps(walk: Walk, steps: readonly Step[], blocks: readonly string[], parallel = false): void {
  let before: Step | undefined;
  for (const step of steps) {
    if (step.type === 'block') addBlock(walk, step, blocks);
    else addNode(walk, step, blocks);
    const first = walk.nodes.find(({ id, blocks: inside }) => id === step.id || inside.includes(step.id));
    if (first !== undefined) link(walk, first.id, step, before, parallel);
    before = step;
  }
}

function addBlock(walk: Walk, step: Extract<Step, { type: 'block' }>, blocks: readonly string[]): void {
  const parent = blocks.at(-1);
  walk.blocks.push({
    id: step.id,
    parallel: step.parallel,
    ...occasionOf(step),
    ...(parent === undefined ? {} : { parent }),
  });
  addSteps(walk, step.steps, [...blocks, step.id], step.parallel);
  for (const role of ['rescue', 'finally'] as const) {
    if (step[role].length === 0) continue;
    const id = `${step.id} ${role}`;
    walk.blocks.push({ id, parent: step.id, parallel: false, role });
    addSteps(walk, step[role], [...blocks, step.id, id]);
  }
  const inside = walk.nodes.filter((node) => node.blocks.includes(step.id));
  const last =
    inside.findLast((node) => !node.blocks.some((block) => block.endsWith(' rescue'))) ?? inside.at(-1);
  if (last !== undefined) walk.last.set(step.id, last.id);
}

function addNode(walk: Walk, step: Exclude<Step, { type: 'block' }>, blocks: readonly string[]): void {
  const uses =
    step.type === 'operation'
      ? step.operation.name
      : step.type === 'wait'
        ? (step.read?.operation.name ?? 'a time')
        : step.type === 'approve'
          ? 'a person approves'
          : 'check';
  const number = walk.nodes.length + 1;
  walk.nodes.push({ id: step.id, number, kind: step.type, uses, ...occasionOf(step), blocks });
  walk.last.set(step.id, step.id);
  for (const used of usedBy(step)) addEdge(walk, walk.last.get(used), step.id);
}

function link(walk: Walk, first: string, step: Step, before: Step | undefined, parallel: boolean): void {
  for (const used of [...step.needs, ...occasionUses(step)]) addEdge(walk, walk.last.get(used), first);
  if (before === undefined || parallel) return;
  const gate = before.type === 'assert' || before.type === 'wait' || before.type === 'approve';
  if (gate || (walk.edges.get(first)?.size ?? 0) === 0) addEdge(walk, walk.last.get(before.id), first);
}

function addEdge(walk: Walk, from: string | undefined, to: string): void {
  if (from === undefined || from === to) return;
  walk.edges.set(to, (walk.edges.get(to) ?? new Set()).add(from));
}

function occasionOf(step: Step): { readonly condition?: string; readonly loop?: string } {
  return {
    ...(step.if === undefined ? {} : { condition: step.if.source }),
    ...(step.forEach === undefined ? {} : { loop: `each ${step.forEach.as} of ${step.forEach.list.source}` }),
  };
}

function occasionUses(step: Step): readonly string[] {
  return [step.if, step.forEach?.list].flatMap((expression) =>
    expression === undefined ? [] : stepsIn(expression),
  );
}

function usedBy(step: Exclude<Step, { type: 'block' }>): readonly string[] {
  const own = occasionUses(step);
  switch (step.type) {
    case 'operation':
      return [...own, ...Object.values(step.with).flatMap(stepsInValue)];
    case 'assert':
      return [...own, ...stepsIn(step.check)];
    case 'approve':
      return [...own, ...stepsInValue(step.message)];
    case 'wait':
      return [...own, ...Object.values(step.read?.with ?? {}).flatMap(stepsInValue)];
  }
}

/** Steps whose results an expression reads: `steps.cart.id`, `steps.people[x].account.id`. */
function stepsIn({ references }: Expression): readonly string[] {
  return references.flatMap(({ path: [root, id] }) => (root === 'steps' && id !== undefined ? [id] : []));
}

function stepsInValue(value: Value): readonly string[] {
  switch (value.type) {
    case 'literal':
      return [];
    case 'expression':
      return stepsIn(value.expression);
    case 'text':
      return value.parts.flatMap((part) => (typeof part === 'string' ? [] : stepsIn(part)));
    case 'map':
      return Object.values(value.entries).flatMap(stepsInValue);
    case 'list':
      return value.items.flatMap(stepsInValue);
  }
}

/** Leaves out an arrow where a longer way leads to the same step. */
function reduced({ nodes, edges }: Walk): readonly (readonly [string, string])[] {
  const above = new Map<string, Set<string>>(); // step → all that come before it on some way
  const kept: (readonly [string, string])[] = [];
  for (const { id } of nodes) {
    const direct = [...(edges.get(id) ?? [])];
    const all = new Set(direct.flatMap((from) => [...(above.get(from) ?? [])]));
    for (const from of direct) if (!all.has(from)) kept.push([from, id]);
    for (const from of direct) all.add(from);
    above.set(id, all);
  }
  return kept;
}
