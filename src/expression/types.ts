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

/** Property of an object schema; undefined where there is none and none is allowed; `{}` where anything goes. */
export function propertyOf(schema: JsonSchema, name: string): JsonSchema | undefined {
  const known = schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
  if (known !== undefined) return known;
  if (typeof schema.additionalProperties === 'object') return schema.additionalProperties;
  if (schema.properties !== undefined && schema.additionalProperties !== true) return undefined;
  if (schema.type !== undefined && schema.type !== 'object') return undefined;
  return {};
}

/**
 * Registers JSON Schemas as types of an environment. Only what an expression reads is registered, so that large
 * result schemas cost nothing where they are not looked into.
 */
export class TypeNames {
  readonly #environment: Environment;
  #count = 0;
  readonly #schemas = new Map<string, JsonSchema>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** The CEL type of a schema, of which only `needed` is read. */
  typeOf(schema: JsonSchema, needed: Needed | undefined): string {
    if (schema['x-cel'] !== undefined) return String(schema['x-cel']);
    if (Array.isArray(schema.type)) return 'dyn';
    switch (schema.type) {
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
        return this.#objectType(schema, needed);
      default:
        return schema.properties === undefined ? 'dyn' : this.#objectType(schema, needed);
    }
  }

  /** The schema behind a type's name, for results of expressions. */
  schemaOf(type: string): JsonSchema {
    const list = /^list<(.*)>$/u.exec(type);
    if (list !== null) return { type: 'array', items: this.schemaOf(list[1]!) };
    const map = /^map<string, (.*)>$/u.exec(type);
    if (map !== null) return { type: 'object', additionalProperties: this.schemaOf(map[1]!) };
    const simple: Readonly<Record<string, JsonSchema>> = { string: { type: 'string' }, int: { type: 'integer' }, double: { type: 'number' }, bool: { type: 'boolean' }, list: { type: 'array' }, map: { type: 'object' }, null: { type: 'null' }, null_type: { type: 'null' } };
    return simple[type] ?? this.#schemas.get(type) ?? {};
  }

  #objectType(schema: JsonSchema, needed: Needed | undefined): string {
    if (schema.properties === undefined) return typeof schema.additionalProperties === 'object' ? `map<string, ${this.typeOf(schema.additionalProperties, undefined)}>` : 'map';
    const whole = needed === undefined || needed.whole;
    const names = whole ? Object.keys(schema.properties) : [...needed.parts.keys()];
    const fields: Record<string, string> = {};
    for (const name of names) {
      const inner = propertyOf(schema, name);
      if (inner !== undefined) fields[name] = this.typeOf(inner, whole ? undefined : needed.parts.get(name));
    }
    this.#count += 1;
    const type = `T${this.#count}`;
    this.#environment.registerType(type, { fields } as never);
    this.#schemas.set(type, schema);
    return type;
  }
}
