import type { ASTNode } from './engine.ts';
import { charged } from './meter.ts';

/**
 * Where this language differs from the engine, its parsed tree is changed. The tree is the engine's own matter, so its
 * version is pinned and test/expression holds each of these.
 */

/** What the engine keeps in a node beside its public fields. */
interface Inside {
  op: string;
  args: unknown;
  readonly meta: { evaluate: Evaluate };
  setMeta(name: 'evaluate' | 'check', value: unknown): void;
}
type Evaluate = (engine: Engine, node: ASTNode, context: unknown) => unknown;
interface Engine {
  run(node: ASTNode, context: unknown): unknown;
}

const inside = (node: ASTNode): Inside => node as unknown as Inside;

export function isNull(node: ASTNode): boolean {
  return node.op === 'value' && node.args === null;
}

/** Whether the value is `null` by the expression's own words: of a branch, or as a fallback. */
export function saysNull(node: ASTNode): boolean {
  if (node.op === '?:') return node.args.slice(1).some(saysNull);
  const fallback = node.op === 'rcall' && node.args[0] === 'orValue' ? node.args[2][0] : undefined;
  return isNull(node) || (fallback !== undefined && saysNull(fallback));
}

/** `x` of `x == null`, `null != x`; undefined for all else. */
export function comparedWithNull(node: ASTNode): ASTNode | undefined {
  if (node.op !== '==' && node.op !== '!=') return undefined;
  const [left, right] = node.args;
  if (isNull(right)) return isNull(left) ? undefined : left;
  return isNull(left) ? right : undefined;
}

/** Nodes directly below a node. */
function below(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}

function each(node: ASTNode, visit: (node: ASTNode) => void): void {
  for (const inner of below(node)) each(inner, visit);
  visit(node);
}

/** A branch or a fallback of `null` goes with any type. The engine looks at types when it evaluates, too. */
export function letNullFit(tree: ASTNode): void {
  const fits = (node: ASTNode | undefined): void => {
    if (node !== undefined && isNull(node)) {
      inside(node).setMeta('check', (checker: { dynType: unknown }) => checker.dynType);
    }
  };
  each(tree, (node) => {
    if (node.op === '?:') for (const branch of node.args.slice(1)) fits(branch);
    if (node.op === 'rcall' && node.args[0] === 'orValue') fits(node.args[2][0]);
  });
}

/**
 * Evaluation: `matches` is RE2's; `has(a.b.c)` and `a.b.c == null` ask of every part whether it is there; every node
 * costs.
 */
export function adaptForEvaluation(tree: ASTNode): void {
  each(tree, (node) => {
    if (node.op === 'rcall' && node.args[0] === 'matches') inside(node).args = ['re2', ...node.args.slice(1)];
    if (node.op === 'call' && node.args[0] === 'has' && node.args[1][0] !== undefined)
      askEveryPart(node.args[1][0]);
    const compared = comparedWithNull(node);
    if (compared !== undefined) inside(node).setMeta('evaluate', nullTest(compared, node.op === '=='));
    const { evaluate } = inside(node).meta;
    const metered: Evaluate = (engine, at, context) => charged(evaluate(engine, at, context));
    inside(node).setMeta('evaluate', metered);
  });
}

function askEveryPart(field: ASTNode): void {
  let node = field.op === '.' ? field.args[0] : field;
  while (node.op === '.' || node.op === '.?') {
    inside(node).op = '.?';
    node = node.args[0];
  }
}

/** What is not there is null: a field of null does not reach the engine at all (evaluate.ts). */
function nullTest(value: ASTNode, wanted: boolean): Evaluate {
  return (engine, _, context) => {
    try {
      const found = engine.run(value, context);
      return (found === null || found === undefined) === wanted;
    } catch (error) {
      if (isAbsence(error)) return wanted;
      throw error;
    }
  };
}

/** Whether the engine's error says that something is not there. */
export function isAbsence(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'no_such_key' || code === 'unknown_variable';
}
