import type { JsonSchema } from '../schema/schema.ts';
import { type ASTNode, checkingEnvironment, compilePattern, evaluatingEnvironment, stepsVariable } from './engine.ts';
import type { Expression, Reference, Scope } from './expression.ts';
import { type Chain, conjunctsOf, type Walk, walk } from './references.ts';
import { neededBy, propertyOf, TypeNames } from './types.ts';

/** Why a text is no expression of this scope. Offsets count in the expression's own text. */
export interface Problem {
  readonly kind: 'syntax' | 'unknownName' | 'type' | 'limit';
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  /** The name that is unknown, and those that exist. */
  readonly name?: string;
  readonly candidates?: readonly string[];
}

export type Compiled = { readonly ok: true; readonly expression: Expression } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Macros inside macros inside macros are cubic in the size of the input. */
const nestingMax = 2;
const charactersMax = 4000;

/** Checks a text against the names of its scope and makes it ready to evaluate. Never throws. */
export function compile(text: string, scope: Scope): Compiled {
  if (text.length > charactersMax) return failed('limit', `the expression is longer than ${charactersMax} characters`, 0, text.length);
  if (text.trim() === '') return failed('syntax', 'the expression is empty', 0, Math.max(1, text.length));
  const parsed = parseText(text);
  if ('problem' in parsed) return { ok: false, problems: [parsed.problem] };
  const found = walk(parsed.ast);
  const problems = [...limitProblems(found, text), ...patternProblems(found), ...nameProblems(found, scope)];
  if (problems.length > 0) return { ok: false, problems };
  const typed = checkTypes(rewritten(text, found), found, scope);
  if ('problem' in typed) return { ok: false, problems: [typed.problem] };
  const references = found.chains.filter(({ bound }) => bound === undefined).map(({ path, optional, offset, length }): Reference => ({ path, optional, offset, length }));
  const pure = pureOf(parsed.ast, found.chains);
  return {
    ok: true,
    expression: {
      source: text,
      schema: pure === undefined ? typed.schema : (schemaAt(scope, pure) ?? typed.schema),
      references,
      conjuncts: conjunctsOf(parsed.ast, text),
      ...(pure === undefined ? {} : { pure }),
      program: programOf(rewritten(text, found), scope, references),
    },
  };
}

/** What evaluate.ts needs: the engine's function, and which parts of which variables to hand it. */
export interface Program {
  readonly run: (values: Readonly<Record<string, unknown>>) => unknown;
  readonly reads: readonly { readonly path: readonly string[]; readonly schema: JsonSchema }[];
}

function programOf(text: string, scope: Scope, references: readonly Reference[]): Program {
  const paths = new Map(references.map(({ path }) => [path.join('\u0000'), path]));
  return {
    run: evaluatingEnvironment().parse(text) as unknown as Program['run'],
    reads: [...paths.values()].map((path) => ({ path, schema: schemaAt(scope, path) ?? {} })),
  };
}

function failed(kind: Problem['kind'], message: string, offset: number, length: number): Compiled {
  return { ok: false, problems: [{ kind, message, offset, length }] };
}

interface EngineError {
  readonly summary?: string;
  readonly message: string;
  readonly code?: string;
  readonly range?: { readonly start: number; readonly end: number };
}

function parseText(text: string): { readonly ast: ASTNode } | { readonly problem: Problem } {
  try {
    return { ast: evaluatingEnvironment().parse(text).ast };
  } catch (error) {
    const { code } = error as EngineError;
    const kind = code !== undefined && /limit|exceed|depth|max/u.test(code) ? 'limit' : 'syntax';
    return { problem: problemOf(error as EngineError, text, kind) };
  }
}

function problemOf(error: EngineError, text: string, kind: Problem['kind']): Problem {
  const { start, end } = error.range ?? { start: 0, end: text.length };
  const message = (error.summary ?? error.message).split('\n')[0]!;
  const offset = Math.min(start, Math.max(0, text.length - 1));
  return { kind, message: message.charAt(0).toLowerCase() + message.slice(1), offset, length: Math.max(1, Math.min(end, text.length) - offset) };
}

function limitProblems({ nesting }: Walk, text: string): readonly Problem[] {
  return nesting <= nestingMax ? [] : [{ kind: 'limit', message: `macros are nested ${nesting} deep; at most ${nestingMax}`, offset: 0, length: text.length }];
}

function patternProblems({ calls }: Walk): readonly Problem[] {
  return calls.flatMap(({ name, args }) => {
    const pattern = args[0];
    if (name !== 'matches' || pattern?.op !== 'value' || typeof pattern.args !== 'string') return [];
    try {
      compilePattern(pattern.args);
      return [];
    } catch (error) {
      return [{ kind: 'syntax' as const, message: `the pattern is not one of RE2: ${(error as Error).message}`, offset: pattern.start, length: pattern.end - pattern.start }];
    }
  });
}

/** Every path is walked through the schemas by us: the engine lets unknown fields pass inside `has` and of `dyn`. */
function nameProblems({ chains }: Walk, scope: Scope): readonly Problem[] {
  return chains.flatMap((chain) => {
    const start = chain.bound === undefined ? rootOf(chain, scope) : boundSchema(chain, chains, scope);
    if ('message' in start) return [start as Problem];
    let schema = start as JsonSchema;
    for (const [index, name] of chain.path.entries()) {
      if (index === 0) continue;
      const inner = forbidden.has(name) ? undefined : propertyOf(schema, name);
      if (inner === undefined) {
        const offset = chain.ends[index]! - name.length;
        return [{ kind: 'unknownName' as const, message: `${chain.path.slice(0, index).join('.')} has no field '${name}'`, offset, length: name.length, name, candidates: Object.keys(schema.properties ?? {}) }];
      }
      schema = inner;
    }
    return [];
  });
}

const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function rootOf(chain: Chain, scope: Scope): JsonSchema | Problem {
  const name = chain.path[0]!;
  if (Object.hasOwn(scope.variables, name)) return scope.variables[name]!;
  return { kind: 'unknownName', message: `there is no '${name}' here`, offset: chain.offset, length: name.length, name, candidates: Object.keys(scope.variables) };
}

/** A macro's variable has the type of the items that it walks over, where those are known. */
function boundSchema(chain: Chain, chains: readonly Chain[], scope: Scope): JsonSchema {
  const over = chain.bound!.over;
  const source = chains.find((other) => other.offset === over.start && other.offset + other.length <= over.end);
  const base = over.op === '.' || over.op === 'id' || over.op === '.?' ? source : undefined;
  if (base === undefined || base.bound !== undefined) return {};
  const schema = schemaAt(scope, base.path) ?? {};
  if (schema.type === 'array') return schema.items ?? {};
  return schema.type === 'object' ? { type: 'string' } : {};
}

/** The schema at a path of the scope; undefined where the path is not known. */
export function schemaAt(scope: Scope, path: readonly string[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = scope.variables[path[0]!];
  for (const name of path.slice(1)) schema = schema && propertyOf(schema, name);
  return schema;
}

function pureOf(ast: ASTNode, chains: readonly Chain[]): readonly string[] | undefined {
  const only = chains.length === 1 ? chains[0]! : undefined;
  const whole = only !== undefined && only.offset === ast.start && only.offset + only.length === ast.end && (ast.op === '.' || ast.op === 'id');
  return whole && !only.optional ? only.path : undefined;
}

/** `matches` becomes the linear-time one, `succeeded("id")` asks the hidden variable; the text keeps its length elsewhere. */
function rewritten(text: string, { calls }: Walk): string {
  const edits = calls.flatMap(({ name, node, receiver }) => {
    if (name === 'matches' && receiver !== undefined) return [{ at: text.indexOf('matches', receiver.end), length: 7, by: 're2' }];
    if (name === 'succeeded' && receiver === undefined) return [{ at: node.start, length: 9, by: `${stepsVariable}.succeeded` }];
    return [];
  });
  return edits.toSorted((a, b) => b.at - a.at).reduce((result, { at, length, by }) => result.slice(0, at) + by + result.slice(at + length), text);
}

function checkTypes(text: string, { chains }: Walk, scope: Scope): { readonly schema: JsonSchema } | { readonly problem: Problem } {
  const environment = checkingEnvironment();
  const names = new TypeNames(environment);
  const needed = neededBy(chains.filter(({ bound }) => bound === undefined).map(({ path }) => path));
  try {
    for (const [name, parts] of needed.parts) environment.registerVariable(name, names.typeOf(scope.variables[name]!, parts));
    environment.registerVariable(stepsVariable, 'Steps');
    const { valid, type, error } = environment.check(text);
    if (valid) return { schema: names.schemaOf(type ?? 'dyn') };
    return { problem: problemOf(error as EngineError, text, error?.code === 'no_such_key' || error?.code === 'unknown_variable' ? 'unknownName' : 'type') };
  } catch (error) {
    return { problem: problemOf(error as EngineError, text, 'type') };
  }
}
