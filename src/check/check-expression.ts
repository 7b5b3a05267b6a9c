import type { At } from '../diagnostics/diagnostic.ts';
import { compile, type Problem } from '../expression/compile.ts';
import type { Expression, Scope } from '../expression/expression.ts';
import { splitText } from '../expression/template.ts';
import type { Node, ScalarNode } from '../load/document.ts';
import type { Operations } from '../operations/operation.ts';
import type { JsonSchema } from '../schema/schema.ts';
import type { Ids } from './ids.ts';
import { isText, kindOf, meant, type Problems, placeOf } from './problems.ts';
import { engineScope, guardedInside, mayBeMissing, maySkip, type StepScope } from './scope.ts';
import { secretIn } from './secret-flow.ts';

/** What expressions are checked with: where problems go, every step id of the file, and the catalogue. */
export interface Checking {
  readonly problems: Problems;
  readonly ids: Ids;
  readonly operations: Operations;
}

/** Compiled scopes: a scope object is one place of the playbook, with several expressions. */
const engineScopes = new WeakMap<StepScope, Scope>();

/** Checks one expression's text. `offsetOf` gives the file offset of a character of the text. */
export function checkExpressionText(
  source: string,
  scope: StepScope,
  at: At,
  offsetOf: (index: number) => number,
  checking: Checking,
): Expression | undefined {
  let names = engineScopes.get(scope);
  if (names === undefined) {
    names = engineScope(scope);
    engineScopes.set(scope, names);
  }
  const place = (offset: number, length: number): At => ({
    file: at.file,
    offset: offsetOf(offset),
    length: Math.max(1, offsetOf(offset + Math.max(0, length - 1)) + 1 - offsetOf(offset)),
  });
  checkNamesInQuotes(source, place, checking);
  const compiled = compile(source, names);
  if (!compiled.ok) {
    for (const problem of compiled.problems)
      reportProblem(problem, source, scope, place(problem.offset, problem.length), checking);
    return undefined;
  }
  judgeReferences(compiled.expression, scope, place, checking);
  return compiled.expression;
}

type Place = (offset: number, length: number) => At;

/** A step or an operation named in quotes that does not exist would silently be false, or count nothing. */
function checkNamesInQuotes(source: string, place: Place, { ids, operations, problems }: Checking): void {
  const calls = /\b(succeeded|plan\.count|plan\.sum)\(\s*(["'])([^"']*)\2/gu;
  for (const { 0: call, 1: asked, 3: name = '', index } of source.matchAll(calls)) {
    const at = place(index + call.length - name.length - 1, name.length);
    if (asked === 'succeeded') {
      if (!ids.has(name))
        problems.error('UNKNOWN_STEP', `there is no step '${name}'`, at, meant(name, ids.keys()));
    } else if (operations.get(name) === undefined)
      problems.error('UNKNOWN_OPERATION', `unknown operation '${name}'`, at, meant(name, operations.names));
  }
}

function reportProblem(problem: Problem, source: string, scope: StepScope, at: At, checking: Checking): void {
  const { problems } = checking;
  if (problem.kind === 'unknownName' && problem.name !== undefined) {
    if (problem.message.startsWith("steps has no field '"))
      return reportStep(problem.name, scope, at, checking);
    problems.error('EXPRESSION_NAME', problem.message, at, meant(problem.name, problem.candidates ?? []));
    return;
  }
  switch (problem.kind) {
    case 'syntax': {
      const help = / = [^=]/u.test(source)
        ? 'two values are compared with =='
        : 'expressions are CEL: docs/language.md';
      return problems.error('EXPRESSION_SYNTAX', problem.message, at, { help });
    }
    case 'limit':
      return problems.error('EXPRESSION_LIMIT', problem.message, at);
    case 'unknownName':
      return problems.error('EXPRESSION_NAME', problem.message, at);
    case 'type':
      return problems.error('EXPRESSION_TYPE', problem.message, at);
  }
}

/** A step that cannot be read here: it does not exist, runs later or side by side, is inside a loop, has no result. */
function reportStep(id: string, scope: StepScope, at: At, { ids, problems }: Checking): void {
  const place = ids.get(id);
  if (place === undefined)
    return problems.error('UNKNOWN_STEP', `there is no step '${id}'`, at, {
      ...meant(id, ids.keys()),
      ...meant(id, scope.steps.keys()),
    });
  const loop = place.loops.find((outer) => scope.steps.has(outer));
  if (loop !== undefined)
    return problems.error('UNKNOWN_STEP', `step '${id}' runs once for each item of '${loop}'`, at, {
      help: `read it by its key: steps.${loop}["…"].${id}`,
    });
  if (scope.beside.has(id))
    return problems.error('STEP_LATER', `step '${id}' runs side by side with this one`, at, {
      help: scope.siblings.has(id)
        ? `let this step wait for it with needs: [${id}]`
        : 'put both into a block without `parallel`',
    });
  if (scope.ended.has(id))
    return problems.error(
      'UNKNOWN_STEP',
      place.kind === 'block' ? `'${id}' is a block, which has no result` : `step '${id}' has no result`,
      at,
      place.kind === 'block'
        ? { help: 'read the steps inside by their own ids, or ask succeeded("…") of the block' }
        : {},
    );
  problems.error('STEP_LATER', `step '${id}' has not ended here`, at, {
    help: 'only steps that are written above can be read',
  });
}

function judgeReferences(
  expression: Expression,
  scope: StepScope,
  place: Place,
  { problems }: Checking,
): void {
  const reported = new Set<string>();
  for (const reference of expression.references) {
    const id = reference.path[1];
    if (maySkip(reference, expression, scope) && !reported.has(id!)) {
      reported.add(id!);
      const rest = reference.path.slice(2).join('.');
      const help = `guard the step with the same \`if\`, with succeeded("${id}"), or read steps.?${id}${rest === '' ? '' : `.${rest}`}.orValue(…)`;
      problems.error(
        'MAYBE_SKIPPED',
        `step '${id}' may have been skipped`,
        place(reference.offset, reference.length),
        { help },
      );
    }
    if (expression.pure !== undefined || reference.optional) continue;
    const missing = mayBeMissing(reference.path, scope);
    if (missing === undefined || guardedInside(expression, missing)) continue;
    const parts = [...missing];
    const last = parts.pop();
    problems.error(
      'MAYBE_MISSING',
      `${missing.join('.')} may have no value`,
      place(reference.offset, reference.length),
      { help: `read ${parts.join('.')}.?${last}.orValue(…), or ask has(${missing.join('.')}) first` },
    );
  }
}

/**
 * Checks a node that must be exactly one expression, `${{ … }}`, of the type that is wanted.
 * @param wanted type of its value; undefined where any will do
 */
export function checkExpression(
  node: Node,
  what: string,
  wanted: JsonSchema | undefined,
  scope: StepScope,
  checking: Checking,
): Expression | undefined {
  const { problems } = checking;
  if (!isText(node)) {
    problems.error('WRONG_TYPE', `${what} is ${kindOf(node)}`, placeOf(node), {
      expected: 'an expression, ${{ … }}',
    });
    return undefined;
  }
  const split = splitText(node.value);
  if (!split.ok) {
    reportSplit(node, split.problems, problems);
    return undefined;
  }
  const [part, ...more] = split.parts;
  if (part?.type !== 'expression' || more.length > 0) {
    problems.error('WRONG_TYPE', `${what} is not an expression`, placeOf(node), {
      expected: '${{ … }} and nothing around it',
    });
    return undefined;
  }
  const expression = checkExpressionText(
    part.source,
    scope,
    node.at,
    (index) => node.offsetOf(part.offset + index),
    checking,
  );
  if (expression === undefined || wanted === undefined || fitsType(expression.schema, wanted))
    return expression;
  problems.error('EXPRESSION_TYPE', `${what} is ${nameOf(expression.schema)}`, placeOf(node), {
    expected: nameOf(wanted),
    ...conversion(expression, wanted),
  });
  return undefined;
}

/** How an expression is brought to the type that is wanted, where a function does it. */
export function conversion({ source, schema }: Expression, wanted: JsonSchema): { readonly help?: string } {
  const [from] = typesOf(schema);
  const functions: Readonly<Record<string, string>> = { string: 'string', integer: 'int', number: 'double' };
  const to = typesOf(wanted).map((type) => functions[type])[0];
  const convertible = from === 'string' || from === 'integer' || from === 'number';
  return to === undefined || !convertible ? {} : { help: `convert it: \${{ ${to}(${source}) }}` };
}

export function reportSplit(node: ScalarNode, found: readonly Problem[], problems: Problems): void {
  for (const problem of found)
    problems.error('EXPRESSION_SYNTAX', problem.message, {
      ...node.at,
      offset: node.offsetOf(problem.offset),
      length: 3,
    });
}

/** Whether a value of one schema may stand where another is wanted, by type; what is not known fits. */
export function fitsType(actual: JsonSchema, wanted: JsonSchema): boolean {
  const given = typesOf(actual);
  const allowed = typesOf(wanted);
  if (given.length === 0 || allowed.length === 0) return true;
  const fits = given.some(
    (type) => allowed.includes(type) || (type === 'integer' && allowed.includes('number')),
  );
  if (!fits) return false;
  if (actual.type === 'array' && wanted.type === 'array')
    return fitsType(actual.items ?? {}, wanted.items ?? {});
  return true;
}

/** The types that a schema allows; none where it does not say. */
export function typesOf(schema: JsonSchema): readonly string[] {
  if (Array.isArray(schema.type)) return schema.type as readonly string[];
  if (typeof schema.type === 'string') return [schema.type];
  if (schema.enum !== undefined) return [...new Set(schema.enum.map(typeOfLiteral))];
  return schema.properties === undefined ? [] : ['object'];
}

function typeOfLiteral(value: unknown): string {
  if (value === null) return 'null';
  return Number.isInteger(value) ? 'integer' : Array.isArray(value) ? 'array' : typeof value;
}

/** A schema in a word or two. */
export function nameOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.map(String).join(', ')}`;
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
    null: 'null',
  };
  const types = typesOf(schema);
  return types.length === 0 ? 'anything' : types.map((type) => names[type] ?? type).join(' or ');
}

/** A key names its record or item in plans, state and logs, so it is text or a number, and no secret. */
export function checkKey(node: Node, scope: StepScope, checking: Checking): Expression | undefined {
  const key = checkExpression(node, '`key`', { type: ['string', 'integer'] }, scope, checking);
  const secret = key === undefined ? undefined : secretIn(key, scope);
  if (secret === undefined) return key;
  checking.problems.error(
    'SECRET_EXPOSED',
    `'key' is shown everywhere, and ${secret} is a secret`,
    placeOf(node),
    {
      help: 'name the records by something that everybody may read',
    },
  );
  return undefined;
}
