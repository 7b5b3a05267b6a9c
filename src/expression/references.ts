import type { ASTNode } from './engine.ts';
import type { Reference } from './expression.ts';

/** Macros whose first argument is a name of their own. */
const macros: ReadonlySet<string> = new Set(['map', 'filter', 'all', 'exists', 'exists_one']);

/** A variable that a macro introduces, and the list (or map) that it walks over. */
export interface Bound {
  readonly name: string;
  readonly over: ASTNode;
}

/** One chain of fields from a name: `steps.customer.id`, `u.licence`. */
export interface Chain extends Reference {
  /** Set where the chain starts at a macro's variable. */
  readonly bound?: Bound;
  /** End of each part in the text, for places of parts. */
  readonly ends: readonly number[];
}

export interface Walk {
  readonly chains: readonly Chain[];
  /** How deep macros stand inside each other. */
  readonly nesting: number;
  /** Calls by name with their literal arguments. */
  readonly calls: readonly { readonly name: string; readonly node: ASTNode; readonly receiver?: ASTNode; readonly args: readonly ASTNode[] }[];
}

/** Collects every path that an expression reads, its calls, and how deep its macros nest. */
export function walk(ast: ASTNode): Walk {
  const chains: Chain[] = [];
  const calls: Walk['calls'][number][] = [];
  let nesting = 0;
  const visit = (node: ASTNode, scope: readonly Bound[], optional: boolean, depth: number): void => {
    nesting = Math.max(nesting, depth);
    const chain = chainOf(node, optional);
    if (chain !== undefined) {
      const bound = scope.findLast(({ name }) => name === chain.path[0]);
      chains.push(bound === undefined ? chain : { ...chain, bound });
      return;
    }
    switch (node.op) {
      case 'value':
      case 'id':
        return;
      case '.':
      case '.?':
        return visit(node.args[0], scope, optional || node.op === '.?', depth);
      case '[]':
      case '[?]':
        visit(node.args[0], scope, optional, depth);
        return visit(node.args[1], scope, false, depth);
      case 'call': {
        const [name, args] = node.args;
        calls.push({ name, node, args });
        for (const inner of args) visit(inner, scope, name === 'has', depth);
        return;
      }
      case 'rcall': {
        const [name, receiver, args] = node.args;
        calls.push({ name, node, receiver, args });
        visit(receiver, scope, optional || asksOptional(name), depth);
        const variable = args[0];
        if (macros.has(name) && variable?.op === 'id') {
          const inside = [...scope, { name: variable.args, over: receiver }];
          for (const inner of args.slice(1)) visit(inner, inside, false, depth + 1);
        } else for (const inner of args) visit(inner, scope, false, depth);
        return;
      }
      case 'list':
        for (const item of node.args) visit(item, scope, false, depth);
        return;
      case 'map':
        for (const [key, value] of node.args) {
          visit(key, scope, false, depth);
          visit(value, scope, false, depth);
        }
        return;
      case '!_':
      case '-_':
        return visit(node.args, scope, false, depth);
      case '?:':
        for (const part of node.args) visit(part, scope, false, depth);
        return;
      default:
        for (const part of node.args as readonly ASTNode[]) visit(part, scope, false, depth);
    }
  };
  visit(ast, [], false, 0);
  return { chains, nesting, calls };
}

function asksOptional(name: string): boolean {
  return name === 'orValue' || name === 'or' || name === 'hasValue' || name === 'value';
}

/** A node that is nothing but names joined by dots; any `.?` in it makes it optional from there on. */
function chainOf(node: ASTNode, optional: boolean): Chain | undefined {
  if (node.op === 'id') return { path: [node.args], optional, offset: node.start, length: node.end - node.start, ends: [node.end] };
  if (node.op !== '.' && node.op !== '.?') return undefined;
  const inner = chainOf(node.args[0], optional);
  if (inner === undefined) return undefined;
  return {
    path: [...inner.path, node.args[1]],
    optional: inner.optional || node.op === '.?',
    offset: inner.offset,
    length: node.end - inner.offset,
    ends: [...inner.ends, node.end],
  };
}

/** The texts of the parts that `&&` joins at the top, without needless white space. */
export function conjunctsOf(ast: ASTNode, text: string): readonly string[] {
  if (ast.op === '&&') return ast.args.flatMap((part) => conjunctsOf(part, text));
  return [normalised(text.slice(ast.start, ast.end))];
}

/** One text for one meaning as far as spaces and quotes go. */
export function normalised(text: string): string {
  return text
    .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/u)
    .map((part, index) => (index % 2 === 1 ? `"${part.slice(1, -1)}"` : part.replaceAll(/\s+/gu, '')))
    .join('');
}
