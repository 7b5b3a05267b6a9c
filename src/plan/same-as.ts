/**
 * Does what the service holds equal what was wanted? Strings are compared without regard to case (enum words,
 * domains and ids come back in other cases); of an object only the wanted fields count; lists are compared in order.
 */
export function sameAs(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'string')
    return typeof actual === 'string' && actual.toLowerCase() === wanted.toLowerCase();
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted;
  if (typeof actual !== 'object' || actual === null) return false;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => sameAs(actual[index], item))
    );
  }
  return Object.entries(wanted).every(([key, value]) =>
    sameAs((actual as Readonly<Record<string, unknown>>)[key], value),
  );
}
