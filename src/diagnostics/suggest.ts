import { distance } from 'fastest-levenshtein';

/**
 * The candidate that was perhaps meant by a mistyped name; undefined where none is close. A name may differ in a
 * third of its letters (in two of a short one, and never in all); letter case costs nothing.
 */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  const most = Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 1);
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const steps = distance(wanted, candidate.toLowerCase());
    if (steps < least) {
      best = candidate;
      least = steps;
    }
  }
  return best;
}
