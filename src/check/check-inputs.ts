import type { MapNode } from '../load/document.ts';
import type { Operation } from '../operations/operation.ts';
import { misplaced } from '../operations/save-as.ts';
import type { Checking } from './check-expression.ts';
import { checkEntries, checkValue } from './check-value.ts';
import { durationMs } from './duration.ts';
import type { Value } from './playbook.ts';
import { type Fields, placeOf } from './problems.ts';
import type { StepScope } from './scope.ts';

/** A field that is a duration, in milliseconds. */
export function checkDuration(fields: Fields, name: string, { problems }: Checking): number | undefined {
  const node = fields.get(name);
  if (node === undefined) return undefined;
  const ms = node.type === 'scalar' && typeof node.value === 'string' ? durationMs(node.value) : undefined;
  if (ms === undefined)
    problems.error('WRONG_VALUE', `'${name}' is no duration`, placeOf(node), {
      expected: 'a number with its unit: 500ms, 30s, 10m or 2h',
    });
  return ms;
}

/** The inputs of an operation in `with:`. */
export function checkInputs(
  operation: Operation,
  fields: Fields,
  scope: StepScope,
  checking: Checking,
): Readonly<Record<string, Value>> | undefined {
  const node: MapNode | undefined = fields.map('with');
  if (node !== undefined) {
    const inputs = checkEntries(node, operation.input, operation.name, scope, checking);
    if (operation.download !== undefined && inputs?.saveAs !== undefined) checkPlace(inputs.saveAs, checking);
    return inputs;
  }
  const missing = (operation.input.required ?? []).filter(
    (name) => operation.input.properties?.[name]?.default === undefined,
  );
  if (missing.length === 0) return {};
  if (fields.get('with') === undefined)
    checking.problems.error(
      'MISSING_FIELD',
      `${operation.name} needs ${missing.map((name) => `'${name}'`).join(', ')}`,
      fields.keyAt('uses'),
      { help: 'give them under `with:`' },
    );
  return undefined;
}

/** What is constant in the place of a file is judged here, what is not when it is known: any word may stand for it. */
function checkPlace(place: Value, { problems }: Checking): void {
  const known =
    place.type === 'literal'
      ? String(place.value)
      : place.type === 'text'
        ? place.parts.map((part) => (typeof part === 'string' ? part : 'x')).join('')
        : 'x';
  const why = misplaced(known);
  if (why === undefined) return;
  problems.error('WRONG_VALUE', `'saveAs' names no file below the results folder: ${why}`, place.at, {
    expected: 'a relative path such as statements/${{ record.invoiceId }}.pdf',
  });
}

/** Inputs of an operation that is not known: what is wrong with their expressions is told at once all the same. */
export function checkInputsOfUnknown(fields: Fields, scope: StepScope, checking: Checking): void {
  const node = fields.get('with');
  if (node !== undefined) checkValue(node, { schema: {}, required: false, name: 'with' }, scope, checking);
}
