/** Deeper than anything that people or the service nest; what walks values may go down by itself. */
const depthMax = 100;

/**
 * JSON text as plain values. What is nested out of all proportion is refused: the parser reads it, and everything that
 * walks it afterwards would run out of stack. Fields named `__proto__` are left out: they are nobody's data.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return value;
  const open: { readonly inner: object; readonly depth: number }[] = [{ inner: value, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { inner, depth } = next;
    if (depth > depthMax) throw new SyntaxError(`nested deeper than ${depthMax} levels`);
    if (!Array.isArray(inner) && Object.hasOwn(inner, '__proto__'))
      Reflect.deleteProperty(inner, '__proto__');
    for (const part of Object.values(inner) as unknown[])
      if (typeof part === 'object' && part !== null) open.push({ inner: part, depth: depth + 1 });
  }
  return value;
}
