import type { JsonSchema } from '../schema/schema.ts';
import type { checkingEnvironment } from './engine.ts';

type Environment = ReturnType<typeof checkingEnvironment>;

/** Which parts of a variable an expression reads: a tree of names; a leaf is read whole. */
export interface Needed {
  readonly parts: Map<string, Needed>;
  whole: boolean;
}

/** The parts of variables that a set of paths reads. */
export function neededBy(paths: Iterable<readonly string[]>): Needed {
  const root: Needed = { parts: new Map(), whole: false };
  for (const path of paths) {
    let at = root;
    for (const name of path) {
      let next = at.parts.get(name);
      if (next === undefined) {
        next = { parts: new Map(), whole: false };
        at.parts.set(name, next);
      }
      at = next;
    }
    at.whole = true;
  }
  return root;
}

/** Schemas whose value may have fields that `properties` does not name. */
const combining = ['allOf', 'anyOf', 'oneOf', '$ref', 'if', 'patternProperties', 'dependentSchemas'] as const;

function combines(schema: JsonSchema): boolean {
  return combining.some((keyword) => schema[keyword] !== undefined);
}

/** The one type of a schema besides null (a null is an absent value here); undefined where that is not known. */
export function typeOf(schema: JsonSchema): string | undefined {
  if (typeof schema.type === 'string') return schema.type;
  if (Array.isArray(schema.type)) {
    const types = (schema.type as readonly string[]).filter((type) => type !== 'null');
    if (types.length === 2 && types.includes('integer') && types.includes('number')) return 'number';
    return types.length === 1 ? types[0] : undefined;
  }
  if (schema.enum?.every((value) => typeof value === 'string' || value === null) === true) return 'string';
  return schema.properties === undefined ? undefined : 'object';
}

/** Property of an object schema; undefined where there is none and none is allowed; `{}` where anything goes. */
export function propertyOf(schema: JsonSchema, name: string): JsonSchema | undefined {
  const known =
    schema.properties !== undefined && Object.hasOwn(schema.properties, name)
      ? schema.properties[name]
      : undefined;
  if (known !== undefined) return known;
  if (typeof schema.additionalProperties === 'object') return schema.additionalProperties;
  if (combines(schema)) return {};
  if (schema.properties !== undefined && schema.additionalProperties !== true) return undefined;
  const type = typeOf(schema);
  return type === undefined || type === 'object' ? {} : undefined;
}

/** What a macro's variable is when it walks over a value: a list's items, a map's keys. */
export function itemOf(schema: JsonSchema): JsonSchema {
  const type = typeOf(schema);
  if (type === 'array') return schema.items ?? {};
  return type === 'object' ? { type: 'string' } : {};
}

const simple: Readonly<Record<string, JsonSchema>> = {
  string: { type: 'string' },
  int: { type: 'integer' },
  double: { type: 'number' },
  bool: { type: 'boolean' },
  list: { type: 'array' },
  map: { type: 'object' },
  null: { type: 'null' },
  null_type: { type: 'null' },
};

/**
 * Registers JSON Schemas as types of an environment. Only what an expression reads is registered, so that large
 * result schemas cost nothing where they are not looked into.
 */
export class TypeNames {
  readonly #environment: Environment;
  #count = 0;
  readonly #schemas = new Map<string, JsonSchema>();
  /** Schemas read whole, by identity; a schema inside itself is `dyn` there. */
  readonly #whole = new Map<JsonSchema, string>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** The CEL type of a schema, of which only `needed` is read. */
  typeOf(schema: JsonSchema, needed: Needed | undefined): string {
    if (schema['x-cel'] !== undefined) return String(schema['x-cel']);
    switch (typeOf(schema)) {
      case 'string':
        return 'string';
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'boolean':
        return 'bool';
      case 'array':
        return `list<${this.typeOf(schema.items ?? {}, undefined)}>`;
      case 'object':
        return combines(schema) ? 'dyn' : this.#objectType(schema, needed);
      default:
        return 'dyn';
    }
  }

  /** The schema behind a type's name, for results of expressions. */
  schemaOf(type: string): JsonSchema {
    const list = /^list<(.*)>$/u.exec(type);
    if (list !== null) return { type: 'array', items: this.schemaOf(list[1]!) };
    const map = /^map<string, (.*)>$/u.exec(type);
    if (map !== null) return { type: 'object', additionalProperties: this.schemaOf(map[1]!) };
    return simple[type] ?? this.#schemas.get(type) ?? {};
  }

  #objectType(schema: JsonSchema, needed: Needed | undefined): string {
    if (schema.properties === undefined) {
      if (typeof schema.additionalProperties !== 'object') return 'map';
      return `map<string, ${this.typeOf(schema.additionalProperties, undefined)}>`;
    }
    const parts = needed === undefined || needed.whole ? undefined : needed.parts;
    const before = parts === undefined ? this.#whole.get(schema) : undefined;
    if (before !== undefined) return before;
    if (parts === undefined) this.#whole.set(schema, 'dyn');
    const type = this.#register(schema, parts);
    if (parts === undefined) this.#whole.set(schema, type);
    return type;
  }

  #register(schema: JsonSchema, parts: ReadonlyMap<string, Needed> | undefined): string {
    const names = parts === undefined ? Object.keys(schema.properties ?? {}) : [...parts.keys()];
    const fields: Record<string, string> = {};
    for (const name of names) {
      const inner = propertyOf(schema, name);
      if (inner !== undefined) fields[name] = this.typeOf(inner, parts?.get(name));
    }
    this.#count += 1;
    const type = `T${this.#count}`;
    this.#environment.registerType(type, { fields });
    this.#schemas.set(type, schema);
    return type;
  }
}
