/**
 * A value as text. `String(value)` calls what the value itself names `toString`, and a JSON answer may name anything so.
 */
export function asText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
