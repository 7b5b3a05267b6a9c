import type { At, Diagnostic } from '../diagnostics/diagnostic.ts';
import { closest } from '../diagnostics/suggest.ts';
import type { MapNode, Node, ScalarNode } from '../load/document.ts';

type Details = Omit<Diagnostic, 'code' | 'severity' | 'message' | 'at'>;

/** Collects what is wrong with a playbook, all of it. */
export class Problems {
  readonly found: Diagnostic[] = [];

  error(code: Diagnostic['code'], message: string, at: At, details: Details = {}): void {
    this.found.push({ code, severity: 'error', message, at, ...details });
  }

  warn(code: Diagnostic['code'], message: string, at: At, details: Details = {}): void {
    this.found.push({ code, severity: 'warning', message, at, ...details });
  }

  get failed(): boolean {
    return this.found.some(({ severity }) => severity === 'error');
  }
}

/** `did you mean`, where a name is close. */
export function meant(name: string, candidates: Iterable<string>): { readonly didYouMean?: string } {
  const near = closest(name, candidates);
  return near === undefined ? {} : { didYouMean: near };
}

/** What a node is, in words. */
export function kindOf(node: Node): string {
  if (node.type === 'map') return 'a map';
  if (node.type === 'list') return 'a list';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string'
    ? 'text'
    : typeof node.value === 'number'
      ? 'a number'
      : 'true or false';
}

/**
 * The fields of one map, read by name with their types; `end` reports those that nobody asked for.
 */
export class Fields {
  readonly node: MapNode;
  readonly #problems: Problems;
  readonly #asked = new Set<string>();
  readonly #what: string;

  /** @param what the thing that the map describes, for messages: `a step`, `limits` */
  constructor(node: MapNode, what: string, problems: Problems) {
    this.node = node;
    this.#what = what;
    this.#problems = problems;
  }

  get(name: string): Node | undefined {
    this.#asked.add(name);
    return this.node.entries.find(({ key }) => key === name)?.value;
  }

  keyAt(name: string): At {
    return this.node.entries.find(({ key }) => key === name)?.keyAt ?? this.node.at;
  }

  required(name: string): Node | undefined {
    const node = this.get(name);
    if (node === undefined)
      this.#problems.error('MISSING_FIELD', `${this.#what} needs '${name}'`, headOf(this.node));
    return node;
  }

  /** Text, or undefined (reported where it is something else). */
  text(name: string, node = this.get(name)): string | undefined {
    if (node === undefined) return undefined;
    if (node.type === 'scalar' && typeof node.value === 'string') return node.value;
    this.wrong(name, 'text', node);
    return undefined;
  }

  integer(name: string, least: number): number | undefined {
    const node = this.get(name);
    if (node === undefined) return undefined;
    if (node.type === 'scalar' && Number.isInteger(node.value) && (node.value as number) >= least)
      return node.value as number;
    if (node.type === 'scalar' && typeof node.value === 'number')
      this.#problems.error('WRONG_VALUE', `'${name}' is ${node.text}`, node.at, {
        expected: `a whole number of at least ${least}`,
      });
    else this.wrong(name, `a whole number of at least ${least}`, node);
    return undefined;
  }

  boolean(name: string): boolean | undefined {
    const node = this.get(name);
    if (node === undefined) return undefined;
    if (node.type === 'scalar' && typeof node.value === 'boolean') return node.value;
    this.wrong(name, 'true or false', node);
    return undefined;
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const node = this.get(name);
    if (node === undefined) return undefined;
    const text = this.text(name, node);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined)
      this.#problems.error('WRONG_VALUE', `'${name}' is ${JSON.stringify(text)}`, node.at, {
        expected: choices.join(', '),
        ...meant(text, choices),
      });
    return found;
  }

  map(name: string): MapNode | undefined {
    const node = this.get(name);
    if (node === undefined || node.type === 'map') return node;
    this.wrong(name, 'a map', node);
    return undefined;
  }

  list(name: string): readonly Node[] | undefined {
    const node = this.get(name);
    if (node === undefined) return undefined;
    if (node.type === 'list') return node.items;
    this.wrong(name, 'a list', node);
    return undefined;
  }

  wrong(name: string, expected: string, node: Node): void {
    this.#problems.error('WRONG_TYPE', `'${name}' is ${kindOf(node)}`, placeOf(node), { expected });
  }

  /** Reports fields that do not exist here. */
  end(known: readonly string[] = [...this.#asked]): void {
    for (const { key, keyAt } of this.node.entries) {
      if (this.#asked.has(key)) continue;
      this.#problems.error('UNKNOWN_FIELD', `${this.#what} has no field '${key}'`, keyAt, {
        expected: known.join(', '),
        ...meant(key, known),
      });
    }
  }
}

/** The first key of a map: where a message about the whole map points. */
export function headOf(node: Node): At {
  return node.type === 'map' && node.entries[0] !== undefined ? node.entries[0].keyAt : placeOf(node);
}

/** A node's place, of a long one only its first line. */
export function placeOf(node: Node): At {
  return { ...node.at, length: Math.min(node.at.length, 60) };
}

/** Whether a node is text (so that it may hold expressions). */
export function isText(node: Node): node is ScalarNode & { readonly value: string } {
  return node.type === 'scalar' && typeof node.value === 'string';
}
