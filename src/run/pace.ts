/**
 * Milliseconds before the next look at something that is under way: soon at first, since most things are quick, then
 * at the pace that was asked for.
 * @param looks how often it was looked at so far
 */
export function paceMs(everyMs: number, looks: number): number {
  return Math.min(everyMs, firstMs * 2 ** Math.min(looks, 16));
}

const firstMs = 250;
