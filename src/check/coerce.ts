import { parseJson } from '../load/plain-json.ts';
import type { JsonSchema } from '../schema/schema.ts';

/** Text that stands for a value of the wrong type stays text: the schema then says what was expected. */
export function coerce(text: string, schema: JsonSchema): unknown {
  const types = Array.isArray(schema.type)
    ? (schema.type as readonly string[])
    : [schema.type as string | undefined];
  for (const type of types) {
    const value = coerceTo(text, type);
    if (value !== undefined) return value;
  }
  return text;
}

function coerceTo(text: string, type: string | undefined): unknown {
  const bare = text.trim();
  switch (type) {
    case 'integer':
      return /^[+-]?\d{1,15}$/u.test(bare) ? Number(bare) : undefined;
    case 'number':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu.test(bare) ? Number(bare) : undefined;
    case 'boolean':
      return booleans[bare.toLowerCase()];
    case 'array':
    case 'object':
      return jsonOf(bare, type);
    case 'null':
      return undefined;
    default:
      return text;
  }
}

/** As people and spreadsheets write them. */
const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  no: false,
  n: false,
  '0': false,
};

function jsonOf(text: string, type: 'array' | 'object'): unknown {
  try {
    const value = parseJson(text);
    const found = Array.isArray(value) ? 'array' : typeof value;
    return found === type ? value : undefined;
  } catch {
    return undefined;
  }
}
