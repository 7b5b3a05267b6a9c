import { comparedWithNull } from './adapt.ts';
import type { ASTNode } from './engine.ts';
import type { Reference } from './expression.ts';

/** Macros whose first argument is a name of their own. */
const macros: ReadonlySet<string> = new Set(['map', 'filter', 'all', 'exists', 'exists_one']);

/** A variable that a macro introduces, the list (or map) that it walks over, and the variables seen by that. */
export interface Bound {
  readonly name: string;
  readonly over: ASTNode;
  readonly outer: readonly Bound[];
}

/** A node that reads a name, a field, or an item by a literal key, with the macro variables that it sees. */
export interface Access {
  readonly node: ASTNode;
  readonly bounds: readonly Bound[];
}

/** A call with its arguments. */
export interface Call {
  readonly name: string;
  readonly node: ASTNode;
  readonly args: readonly ASTNode[];
}

/** What an expression reads, calls, and how deep its macros stand inside each other. */
export interface Walk {
  readonly references: readonly Reference[];
  /** Innermost first. */
  readonly accesses: readonly Access[];
  readonly calls: readonly Call[];
  readonly nesting: number;
}

/** Collects all that is judged of an expression beside its types. */
export function walk(tree: ASTNode): Walk {
  const walker = new Walker();
  walker.visit(tree, { bounds: [], optional: false, depth: 0 });
  return walker;
}

interface Place {
  readonly bounds: readonly Bound[];
  /** Inside something that copes with absence. */
  readonly optional: boolean;
  readonly depth: number;
}

class Walker implements Walk {
  readonly references: Reference[] = [];
  readonly accesses: Access[] = [];
  readonly calls: Call[] = [];
  nesting = 0;

  visit(node: ASTNode, place: Place): void {
    this.nesting = Math.max(this.nesting, place.depth);
    const reference = referenceOf(node, place.optional);
    if (reference === undefined) this.#visitBelow(node, place);
    else {
      if (!place.bounds.some(({ name }) => name === reference.path[0])) this.references.push(reference);
      this.#addAccesses(node, place.bounds);
    }
  }

  /** Every part of a path is an access of its own, the innermost first. */
  #addAccesses(node: ASTNode, bounds: readonly Bound[]): void {
    if (node.op === '.' || node.op === '.?') this.#addAccesses(node.args[0], bounds);
    this.accesses.push({ node, bounds });
  }

  #visitBelow(node: ASTNode, place: Place): void {
    const plain = { ...place, optional: false };
    const compared = comparedWithNull(node);
    if (compared !== undefined) {
      this.visit(compared, { ...place, optional: true });
      return;
    }
    switch (node.op) {
      case 'value':
      case 'id':
        return;
      case '.':
      case '.?':
        this.visit(node.args[0], { ...place, optional: place.optional || node.op === '.?' });
        this.accesses.push({ node, bounds: place.bounds });
        return;
      case '[]':
      case '[?]':
        this.visit(node.args[0], { ...place, optional: place.optional || node.op === '[?]' });
        this.visit(node.args[1], plain);
        this.accesses.push({ node, bounds: place.bounds });
        return;
      case 'call': {
        const [name, args] = node.args;
        this.calls.push({ name, node, args });
        for (const inner of args) this.visit(inner, { ...place, optional: name === 'has' });
        return;
      }
      case 'rcall':
        this.#visitMethod(node, node.args, place);
        return;
      case 'map':
        for (const inner of node.args.flat()) this.visit(inner, plain);
        return;
      case '!_':
      case '-_':
        this.visit(node.args, plain);
        return;
      default:
        for (const inner of node.args) this.visit(inner, plain);
    }
  }

  #visitMethod(node: ASTNode, call: readonly [string, ASTNode, readonly ASTNode[]], place: Place): void {
    const [name, receiver, args] = call;
    this.calls.push({ name, node, args });
    this.visit(receiver, place);
    const variable = args[0];
    if (!macros.has(name) || variable?.op !== 'id') {
      for (const inner of args) this.visit(inner, { ...place, optional: false });
      return;
    }
    const bounds = [...place.bounds, { name: variable.args, over: receiver, outer: place.bounds }];
    for (const inner of args.slice(1)) this.visit(inner, { bounds, optional: false, depth: place.depth + 1 });
  }
}

/** A node that is nothing but names joined by dots; any `.?` in it makes it optional. */
export function referenceOf(node: ASTNode, optional: boolean): Reference | undefined {
  if (node.op === 'id') {
    return { path: [node.args], optional, offset: node.start, length: node.end - node.start };
  }
  if (node.op !== '.' && node.op !== '.?') return undefined;
  const inner = referenceOf(node.args[0], optional || node.op === '.?');
  if (inner === undefined) return undefined;
  return { ...inner, path: [...inner.path, node.args[1]], length: node.end - inner.offset };
}

/** The texts of the parts that `&&` joins at the top, in one form: `x.y != null` reads `has(x.y)`. */
export function conjunctsOf(node: ASTNode, text: string): readonly string[] {
  if (node.op === '&&') return node.args.flatMap((part) => conjunctsOf(part, text));
  const compared = node.op === '!=' ? comparedWithNull(node) : undefined;
  const path = compared === undefined ? undefined : referenceOf(compared, true)?.path;
  return [path === undefined ? normalised(text.slice(node.start, node.end)) : `has(${path.join('.')})`];
}

/** One text for one meaning as far as spaces and quotes go. */
export function normalised(text: string): string {
  return text
    .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/u)
    .map((part, index) => (index % 2 === 1 ? `"${part.slice(1, -1)}"` : part.replaceAll(/\s+/gu, '')))
    .join('');
}
