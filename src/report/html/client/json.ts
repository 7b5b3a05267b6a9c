import { element } from './element.ts';

/** JSON as a reader wants it: indented, with what is secret or not known yet said in words. */
export function jsonElement(value: unknown, name: string): HTMLElement {
  const pre = element('pre', { tabindex: '0', role: 'group', 'aria-label': name });
  const code = element('code');
  write(code, value, '');
  pre.append(code);
  return pre;
}

function write(to: HTMLElement, value: unknown, indent: string): void {
  if (typeof value !== 'object' || value === null) {
    to.append(
      element('span', { class: value === null ? 'null' : typeof value }, JSON.stringify(value) ?? ''),
    );
    return;
  }
  const mark = markOf(value);
  if (mark !== undefined) {
    to.append(mark);
    return;
  }
  const list = Array.isArray(value);
  const items = Object.entries(value);
  if (items.length === 0) {
    to.append(list ? '[]' : '{}');
    return;
  }
  to.append(list ? '[' : '{');
  items.forEach(([name, inner], at) => {
    to.append(`\n${indent}  `);
    if (!list) to.append(element('span', { class: 'key' }, JSON.stringify(name)), ': ');
    write(to, inner, `${indent}  `);
    if (at < items.length - 1) to.append(',');
  });
  to.append(`\n${indent}${list ? ']' : '}'}`);
}

/** `{ $unknown: why }` and `{ $secret: true }`, alone in their objects, stand for values that a plan does not have. */
function markOf(value: object): HTMLElement | undefined {
  if (Object.keys(value).length !== 1) return undefined;
  if ('$unknown' in value)
    return element('span', { class: 'mark' }, `known after apply (${String(value.$unknown)})`);
  if ('$secret' in value || '$encrypted' in value)
    return element('span', { class: 'mark' }, 'secret, not shown');
  return undefined;
}
