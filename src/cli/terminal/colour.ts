import process from 'node:process';

/**
 * Whether a stream gets colours. NO_COLOR wins over FORCE_COLOR (the two standards leave it open), and
 * `--no-color` over both; without any, a terminal that is not dumb gets them.
 */
export function wantsColour(stream: { readonly isTTY?: boolean }, allowed: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (!allowed || (NO_COLOR !== undefined && NO_COLOR !== '')) return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && TERM !== 'dumb';
}
