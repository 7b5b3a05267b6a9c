import type { JsonSchema } from '../schema/schema.ts';
import { adaptForEvaluation, letNullFit, saysNull } from './adapt.ts';
import { type ASTNode, checkingEnvironment, evaluatingEnvironment } from './engine.ts';
import type { Expression, Problem, Program, Reference, Scope } from './expression.ts';
import { nameProblems, schemaAt } from './names.ts';
import { compilePattern } from './pattern.ts';
import { conjunctsOf, referenceOf, type Walk, walk } from './references.ts';
import { neededBy, TypeNames } from './types.ts';

export type { Problem } from './expression.ts';

export type Compiled =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Macros inside macros inside macros are cubic in the size of the input. */
const nestingMax = 2;
const charactersMax = 4000;

const compiled = new WeakMap<Scope, Map<string, Compiled>>();

/** Checks a text against the names of its scope and makes it ready to evaluate. Never throws. */
export function compile(text: string, scope: Scope): Compiled {
  let texts = compiled.get(scope);
  if (texts === undefined) {
    texts = new Map();
    compiled.set(scope, texts);
  }
  let result = texts.get(text);
  if (result === undefined) {
    result = compileAnew(text, scope);
    texts.set(text, result);
  }
  return result;
}

function compileAnew(text: string, scope: Scope): Compiled {
  if (text.length > charactersMax) {
    return failed('limit', `the expression is longer than ${charactersMax} characters`, text.length);
  }
  if (text.trim() === '') return failed('syntax', 'the expression is empty', Math.max(1, text.length));
  const parsed = parse(text);
  if ('problem' in parsed) return { ok: false, problems: [parsed.problem] };
  const found = walk(parsed.tree);
  const problems = [
    ...limitProblems(found, text),
    ...patternProblems(found),
    ...nameProblems(found, scope, text),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const typed = checkTypes(text, found, scope);
  if ('problem' in typed) return { ok: false, problems: [typed.problem] };
  const pure = pureOf(parsed.tree);
  const conjuncts = conjunctsOf(parsed.tree, text);
  const nullable = saysNull(parsed.tree);
  letNullFit(parsed.tree);
  adaptForEvaluation(parsed.tree);
  return {
    ok: true,
    expression: {
      source: text,
      schema: pure === undefined ? typed.schema : (schemaAt(scope, pure) ?? typed.schema),
      references: found.references,
      conjuncts,
      nullable,
      ...(pure === undefined ? {} : { pure }),
      program: { run: parsed.run, reads: readsOf(found.references, scope) } satisfies Program,
    },
  };
}

function failed(kind: Problem['kind'], message: string, length: number): Compiled {
  return { ok: false, problems: [{ kind, message, offset: 0, length }] };
}

type Parsed = { readonly tree: ASTNode; readonly run: Program['run'] } | { readonly problem: Problem };

function parse(text: string): Parsed {
  try {
    const parsed = evaluatingEnvironment().parse(text);
    return { tree: parsed.ast, run: parsed };
  } catch (error) {
    const limit = error instanceof RangeError || (error as EngineError).code === 'limit_exceeded';
    return { problem: problemOf(error as EngineError, text, limit ? 'limit' : 'syntax') };
  }
}

interface EngineError {
  readonly summary?: string;
  readonly message: string;
  readonly code?: string;
  readonly range?: Range;
  readonly node?: Range;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function problemOf(error: EngineError, text: string, kind: Problem['kind']): Problem {
  const { start, end } = error.node ?? error.range ?? { start: 0, end: text.length };
  const offset = Math.min(start, Math.max(0, text.length - 1));
  const length = Math.max(1, Math.min(end, text.length) - offset);
  return { kind, message: inWords(error), offset, length };
}

/** The engine's message in this language's words: our types have no names of their own. */
function inWords(error: EngineError): string {
  const message = (error.summary ?? error.message).split('\n')[0]!.replaceAll(/\bT\d+\b/gu, 'object');
  const operator = /^no such overload: (.+) (\S+) (.+)$/u.exec(message);
  if (operator !== null) {
    const text = operator[2] === '+' && message.includes('string') ? '; string(…) makes text of a value' : '';
    return `${operator[2]} does not take ${operator[1]} and ${operator[3]}${text}`;
  }
  const call = /^found no matching overload for '(.*)'$/u.exec(message);
  if (call !== null) return `there is no function ${call[1]}`;
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function limitProblems({ nesting }: Walk, text: string): readonly Problem[] {
  if (nesting <= nestingMax) return [];
  const message = `macros are nested ${nesting} deep; at most ${nestingMax}`;
  return [{ kind: 'limit', message, offset: 0, length: text.length }];
}

function patternProblems({ calls }: Walk): readonly Problem[] {
  return calls.flatMap(({ name, args }): readonly Problem[] => {
    const pattern = args[0];
    if (name !== 'matches' || pattern?.op !== 'value' || typeof pattern.args !== 'string') return [];
    try {
      compilePattern(pattern.args);
      return [];
    } catch (error) {
      const message = `the pattern cannot be used: ${(error as Error).message}`;
      return [{ kind: 'syntax', message, offset: pattern.start, length: pattern.end - pattern.start }];
    }
  });
}

type Typed = { readonly schema: JsonSchema } | { readonly problem: Problem };

function checkTypes(text: string, { references }: Walk, scope: Scope): Typed {
  const environment = checkingEnvironment();
  const names = new TypeNames(environment);
  try {
    for (const [name, parts] of neededBy(references.map(({ path }) => path)).parts) {
      environment.registerVariable(name, names.typeOf(scope.variables[name]!, parts));
    }
    const parsed = environment.parse(text);
    letNullFit(parsed.ast);
    const { valid, type, error } = parsed.check();
    if (valid) return { schema: names.schemaOf(type ?? 'dyn') };
    const isName = error?.code === 'no_such_key' || error?.code === 'unknown_variable';
    return { problem: problemOf(error as EngineError, text, isName ? 'unknownName' : 'type') };
  } catch (error) {
    return { problem: problemOf(error as EngineError, text, error instanceof RangeError ? 'limit' : 'type') };
  }
}

/** The path that the whole expression is, if it is one. */
function pureOf(tree: ASTNode): readonly string[] | undefined {
  const reference = referenceOf(tree, false);
  return reference === undefined || reference.optional ? undefined : reference.path;
}

/** Each path once, with the schema by which its values are converted. */
function readsOf(references: readonly Reference[], scope: Scope): Program['reads'] {
  const paths = new Map(references.map(({ path }) => [path.join('\u0000'), path]));
  return [...paths.values()].map((path) => ({ path, schema: schemaAt(scope, path) ?? {} }));
}
