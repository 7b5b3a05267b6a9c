import type { StepOutcomeName } from '../../journal/journal.ts';

/** How a record or a step ended, or that it did not; what needs somebody stands first. */
export const outcomeFilters: readonly {
  readonly outcome: StepOutcomeName | 'open';
  readonly sign: string;
  readonly word: string;
}[] = [
  { outcome: 'inDoubt', sign: '?', word: 'in doubt' },
  { outcome: 'failed', sign: 'x', word: 'failed' },
  { outcome: 'blocked', sign: '/', word: 'blocked' },
  { outcome: 'waiting', sign: '|', word: 'waiting for approval' },
  { outcome: 'open', sign: '…', word: 'not reached' },
  { outcome: 'succeeded', sign: '✓', word: 'succeeded' },
  { outcome: 'unchanged', sign: '=', word: 'unchanged' },
  { outcome: 'skipped', sign: '.', word: 'skipped' },
];

export function outcomeWord(outcome: StepOutcomeName | 'open'): {
  readonly sign: string;
  readonly word: string;
} {
  const { sign, word } = outcomeFilters.find((filter) => filter.outcome === outcome)!;
  return { sign, word };
}
