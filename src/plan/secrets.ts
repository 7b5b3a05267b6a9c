import { propertyOf } from '../expression/types.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { hasSecrets } from '../schema/secret.ts';
import type { Hidden } from './plan.ts';

/**
 * What a schema marks `secret: true`: left out of plans (`hide`), marked for encryption in the journal
 * (`wrapSecrets`), and given back (`unwrapSecrets`).
 */

/** Replaces secret places by `{ $secret: true }`. */
export function hide(value: unknown, schema: JsonSchema): unknown {
  const hidden: Hidden = { $secret: true };
  return atSecrets(value, schema, () => hidden);
}

/** Marks secret places as `{ $secret: value }`, so that the journal encrypts them. */
export function wrapSecrets(value: unknown, schema: JsonSchema): unknown {
  return atSecrets(value, schema, (secret) => ({ $secret: secret }));
}

/** Takes the marks off; what could not be decrypted is absent. */
export function unwrapSecrets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(unwrapSecrets);
  if (Object.hasOwn(value, '$secret')) return (value as { readonly $secret: unknown }).$secret;
  if (Object.hasOwn(value, '$encrypted')) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unwrapSecrets(inner)]));
}

function atSecrets(value: unknown, schema: JsonSchema, replace: (secret: unknown) => unknown): unknown {
  if (value === undefined || value === null || !hasSecrets(schema)) return value;
  if (schema.secret === true) return replace(value);
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => atSecrets(item, schema.items ?? {}, replace));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      atSecrets(inner, propertyOf(schema, name) ?? {}, replace),
    ]),
  );
}
