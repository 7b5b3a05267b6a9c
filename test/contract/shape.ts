import type { Operation } from '../../src/operations/operation.ts';
import { itemsOf } from '../../src/partner-center/pages.ts';
import type { JsonSchema } from '../../src/schema/schema.ts';

/**
 * Where an answer of the emulator has another shape than the documented one: properties that the operation's result
 * knows and the sample shows must be there, with the same type; so must the envelope and the type's name.
 */
export function shapeProblems(
  operation: Operation,
  documented: unknown,
  answered: unknown,
): readonly string[] {
  const problems: string[] = [];
  if (operation.kind !== 'list') compare(documented, answered, operation.result, '', problems);
  else if (Array.isArray(documented) !== Array.isArray(answered))
    problems.push(`answer: ${Array.isArray(answered) ? 'a bare list' : 'no bare list'}`);
  else {
    const [sample] = itemsOf(documented);
    if (sample === undefined && !isEnvelope(documented)) return ['answer: the sample shows no list'];
    if (!Array.isArray(documented)) envelope(documented as Fields, answered as Fields, problems);
    const schema = operation.result.properties?.items?.items ?? {};
    if (sample !== undefined) problems.push(...likest(sample, itemsOf(answered), schema));
  }
  return [...new Set(problems)];
}

/** Lists hold different things side by side: the item that is most like the sample's counts. */
function likest(sample: unknown, items: readonly unknown[], schema: JsonSchema): readonly string[] {
  const tries = items.map((item) => {
    const problems: string[] = [];
    compare(sample, item, schema, 'items.0', problems);
    return problems;
  });
  return tries.sort((a, b) => a.length - b.length)[0] ?? ['answer: no items'];
}

type Fields = Readonly<Record<string, unknown>>;

function isEnvelope(value: unknown): boolean {
  return Array.isArray(value) || ['items', 'value', 'Value'].some((name) => name in (value as Fields));
}

/** Pages that follow depend on how much there is. */
const dependsOnAmount = ['continuationToken', '@odata.nextLink'];

function envelope(documented: Fields, answered: Fields, problems: string[]): void {
  for (const [name, value] of Object.entries(documented)) {
    if (value === null || dependsOnAmount.includes(name)) continue;
    if (typeOf(answered?.[name]) !== typeOf(value))
      problems.push(`answer: ${name} of the list is ${typeOf(answered?.[name])}`);
  }
  typeName(documented, answered, 'the list', problems);
}

function compare(
  documented: unknown,
  answered: unknown,
  schema: JsonSchema,
  where: string,
  problems: string[],
): void {
  if (documented === null || documented === undefined) return;
  if (typeOf(documented) !== typeOf(answered)) {
    problems.push(
      `answer: ${where === '' ? 'the body' : where} is ${typeOf(answered)}, not ${typeOf(documented)}`,
    );
    return;
  }
  if (Array.isArray(documented)) {
    const [inner] = answered as readonly unknown[];
    // How many there are, the state says; what each looks like, the page.
    if (documented.length > 0 && inner !== undefined)
      compare(documented[0], inner, schema.items ?? {}, `${where}.0`, problems);
    return;
  }
  if (typeof documented !== 'object') return;
  typeName(documented as Fields, answered as Fields, where, problems);
  const known = schema.properties ?? {};
  for (const [name, value] of Object.entries(documented)) {
    const inner = known[name];
    if (inner === undefined || value === null || name === 'links') continue;
    compare(value, (answered as Fields)[name], inner, where === '' ? name : `${where}.${name}`, problems);
  }
}

function typeName(documented: Fields, answered: Fields, where: string, problems: string[]): void {
  const sample = (documented.attributes as Fields | undefined)?.objectType;
  const ours = (answered?.attributes as Fields | undefined)?.objectType;
  if (sample !== undefined && sample !== ours)
    problems.push(
      `answer: objectType of ${where === '' ? 'the body' : where} is ${String(ours)}, not ${String(sample)}`,
    );
}

function typeOf(value: unknown): string {
  if (value === undefined || value === null) return 'missing';
  return Array.isArray(value) ? 'list' : typeof value;
}
