import type { ErrorObject } from 'ajv';
import type { Node } from '../load/document.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { expectedBy } from './json-schema.ts';
import { meant, type Problems } from './problems.ts';
import { nodeAt } from './schema-places.ts';

/** What does not fit the schema of catalogue files, each at its place and in words. */
export function reportMisfits(errors: readonly ErrorObject[], root: Node, problems: Problems): void {
  const told = new Set<string>();
  for (const error of errors) {
    // What only says that something inside it is wrong.
    if (/^(?:allOf|anyOf|oneOf|if|\$ref|propertyNames)$/u.test(error.keyword) && errors.length > 1) continue;
    const path = error.instancePath.split('/').slice(1).map(unescaped);
    const key = `${error.instancePath} ${error.keyword} ${JSON.stringify(error.params)}`;
    if (told.has(key)) continue;
    told.add(key);
    report(error, path, root, problems);
  }
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function report(error: ErrorObject, path: readonly string[], root: Node, problems: Problems): void {
  const place = nodeAt(root, path);
  const name = path.at(-1) ?? 'the file';
  const { params, keyword, propertyName } = error;
  if (propertyName !== undefined)
    return problems.error(
      'CATALOGUE',
      `'${propertyName}' cannot be a name here`,
      nodeAt(root, [...path, propertyName]).keyAt,
      {
        expected: expectedBy([error], {}),
      },
    );
  switch (keyword) {
    case 'additionalProperties': {
      const field = String(params.additionalProperty);
      const known = Object.keys((error.parentSchema?.properties as JsonSchema | undefined) ?? {});
      return problems.error(
        'UNKNOWN_FIELD',
        `'${name}' has no field '${field}'`,
        nodeAt(root, [...path, field]).keyAt,
        {
          ...(known.length === 0 ? {} : { expected: known.join(', '), ...meant(field, known) }),
        },
      );
    }
    case 'required':
      return problems.error(
        'MISSING_FIELD',
        `'${name}' needs '${String(params.missingProperty)}'`,
        place.keyAt,
      );
    default:
      return problems.error(
        keyword === 'type' ? 'WRONG_TYPE' : 'WRONG_VALUE',
        `'${name}' is not what it can be`,
        place.at,
        {
          expected: expectedBy([error], (error.parentSchema as JsonSchema | undefined) ?? {}),
        },
      );
  }
}
