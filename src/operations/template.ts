import type { Template } from './operation.ts';

/** What a template's paths may start from: `$x` is an input, the others are named. */
export interface TemplateNames {
  readonly input?: unknown;
  readonly result?: unknown;
  readonly found?: unknown;
  readonly item?: unknown;
}

/** The value at a dotted path (`a.b.0.c`); undefined where it leads nowhere. Own properties only. */
export function pathOf(value: unknown, path: string): unknown {
  let current = value;
  for (const part of path.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[part];
  }
  return current;
}

/**
 * Makes a value from a template (see `Template`).
 * @returns undefined where the template is a path that leads nowhere; such keys and items are left out
 */
export function fill(template: Template, names: TemplateNames): unknown {
  if (typeof template === 'string') return fillText(template, names);
  if (Array.isArray(template))
    return template.map((item) => fill(item, names)).filter((item) => item !== undefined);
  if (typeof template !== 'object' || template === null) return template;
  const map = template as Readonly<Record<string, Template>>;
  if ('$each' in map) return fillEach(map, names);
  if ('$json' in map) return JSON.stringify(fill(map.$json, names));
  const filled = Object.entries(map).map(([key, inner]) => [key, fill(inner, names)] as const);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}

function fillText(text: string, names: TemplateNames): unknown {
  if (!text.startsWith('$')) return text;
  if (text.startsWith('$$')) return text.slice(1);
  const [root = '', ...rest] = text.slice(1).split('.');
  const named = root === 'result' || root === 'found' || root === 'item';
  const start = named ? names[root] : pathOf(names.input, root);
  return rest.length === 0 ? start : pathOf(start, rest.join('.'));
}

function fillEach(map: Readonly<Record<string, Template>>, names: TemplateNames): unknown {
  const list = fillText(`$${String(map.$each)}`, names);
  if (!Array.isArray(list)) return undefined;
  const inner = (item: unknown): readonly unknown[] => {
    const more = typeof map.$with === 'string' ? pathOf(item, map.$with) : undefined;
    return Array.isArray(more) ? [item, ...(more as readonly unknown[])] : [item];
  };
  return list
    .flatMap(inner)
    .map((item) => fill(map.$to, { ...names, item }))
    .filter((item) => item !== undefined);
}
