import type { Expression } from '../expression/expression.ts';
import { propertyOf } from '../expression/types.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { hasSecrets, secretNames } from '../schema/secret.ts';
import { engineScope, type StepScope } from './scope.ts';

/**
 * The secret that an expression would carry along, if any: plans, reports and keys show whatever is not marked
 * `secret`, so a secret may only flow into what is. What an expression answers about a secret with yes, no or a
 * number does not carry it along.
 */
export function secretIn(expression: Expression, scope: StepScope): string | undefined {
  const { type } = expression.schema;
  if (type === 'boolean' || type === 'integer' || type === 'number') return undefined;
  const { variables } = engineScope(scope);
  for (const { path } of expression.references) {
    const found = secretAt(path, { type: 'object', properties: variables });
    if (found === undefined) continue;
    const { schema, exact } = found;
    // A list or map whose elements have secrets: the expression may still read only the rest of them.
    const mentioned = secretNames(schema).some((name) =>
      new RegExp(`\\b${name}\\b`, 'u').test(expression.source),
    );
    if (exact || expression.pure !== undefined || mentioned) return path.join('.');
  }
  return undefined;
}

function secretAt(
  path: readonly string[],
  root: JsonSchema,
): { readonly schema: JsonSchema; readonly exact: boolean } | undefined {
  let schema: JsonSchema | undefined = root;
  for (const part of path) {
    schema = propertyOf(schema, part);
    if (schema === undefined) return undefined;
    if (schema.secret === true) return { schema, exact: true };
  }
  return hasSecrets(schema) ? { schema, exact: false } : undefined;
}
