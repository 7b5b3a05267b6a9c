import type { JsonSchema } from '../schema/schema.ts';
import type { ASTNode } from './engine.ts';
import type { Problem, Scope } from './expression.ts';
import type { Access, Bound, Walk } from './references.ts';
import { itemOf, propertyOf } from './types.ts';

/** Names that are JavaScript's own and nobody's data. */
const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Names and fields that do not exist. We walk every path through the schemas ourselves: the engine lets unknown
 * fields pass inside `has`, behind `.?` and of what it does not know. Of one path the first wrong part is named.
 */
export function nameProblems({ accesses }: Walk, scope: Scope, text: string): readonly Problem[] {
  return accesses.flatMap((access) => problemsOf(access, scope, text));
}

function problemsOf({ node, bounds }: Access, scope: Scope, text: string): readonly Problem[] {
  if (node.op === 'id') {
    if (bounds.some(({ name }) => name === node.args) || Object.hasOwn(scope.variables, node.args)) return [];
    const message = `there is no '${node.args}' here`;
    return [unknown(node.args, message, node.start, node.args.length, Object.keys(scope.variables))];
  }
  const field = fieldOf(node);
  if (field === undefined) return [];
  const schema = schemaOf(field.of, bounds, scope);
  const exists = schema === undefined || propertyOf(schema, field.name) !== undefined;
  if (exists && !forbidden.has(field.name)) return [];
  const owner = text.slice(field.of.start, field.of.end).replaceAll(/\s+/gu, '');
  const message = `${owner} has no field '${field.name}'`;
  return [unknown(field.name, message, field.offset, field.length, Object.keys(schema?.properties ?? {}))];
}

function unknown(
  name: string,
  message: string,
  offset: number,
  length: number,
  candidates: readonly string[],
): Problem {
  return { kind: 'unknownName', message, offset, length: Math.max(1, length), name, candidates };
}

interface Field {
  readonly of: ASTNode;
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** The field that `a.b`, `a.?b` or `a["b"]` reads. */
function fieldOf(node: ASTNode): Field | undefined {
  switch (node.op) {
    case '.':
    case '.?': {
      const [of, name] = node.args;
      return { of, name, offset: node.end - name.length, length: name.length };
    }
    case '[]':
    case '[?]': {
      const [of, key] = node.args;
      if (key.op !== 'value' || typeof key.args !== 'string') return undefined;
      return { of, name: key.args, offset: key.start, length: key.end - key.start };
    }
    default:
      return undefined;
  }
}

/** The schema of a node's value, as far as paths, items and `filter` tell; undefined where they do not. */
function schemaOf(node: ASTNode, bounds: readonly Bound[], scope: Scope): JsonSchema | undefined {
  if (node.op === 'id') {
    const bound = bounds.findLast(({ name }) => name === node.args);
    if (bound === undefined) return variableOf(scope, node.args);
    const over = schemaOf(bound.over, bound.outer, scope);
    return over && itemOf(over);
  }
  if (node.op === 'rcall') {
    const [name, receiver] = node.args;
    return name === 'filter' || name === 'orValue' ? schemaOf(receiver, bounds, scope) : undefined;
  }
  const field = fieldOf(node);
  if (field !== undefined) {
    const owner = schemaOf(field.of, bounds, scope);
    return owner && propertyOf(owner, field.name);
  }
  if (node.op !== '[]' && node.op !== '[?]') return undefined;
  const owner = schemaOf(node.args[0], bounds, scope);
  if (owner?.items !== undefined) return owner.items;
  return typeof owner?.additionalProperties === 'object' ? owner.additionalProperties : undefined;
}

function variableOf(scope: Scope, name: string): JsonSchema | undefined {
  return Object.hasOwn(scope.variables, name) ? scope.variables[name] : undefined;
}

/** The schema at a path of the scope; undefined where the path is not known. */
export function schemaAt(scope: Scope, path: readonly string[]): JsonSchema | undefined {
  let schema = variableOf(scope, path[0]!);
  for (const name of path.slice(1)) schema = schema && propertyOf(schema, name);
  return schema;
}
