/**
 * Does what the service holds equal what was wanted? Strings are compared without regard to case (enum words,
 * domains and ids come back in other cases); of an object only the wanted fields count; lists are compared in order.
 * The service leaves out what is null: null is wanted where nothing is to be.
 */
export function sameAs(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'string')
    return typeof actual === 'string' && actual.toLowerCase() === wanted.toLowerCase();
  if (wanted === null) return actual === null || actual === undefined;
  if (typeof wanted !== 'object') return actual === wanted;
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
