import { oneLine } from '../../../diagnostics/neutralise.ts';

type Child = Node | string | undefined | false;

/** Makes an element. Children that are text go in as text, with what would hide or turn it made visible. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  for (const child of children)
    if (child !== undefined && child !== false)
      made.append(typeof child === 'string' ? oneLine(child) : child);
  return made;
}

/** `1,234`. */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}
