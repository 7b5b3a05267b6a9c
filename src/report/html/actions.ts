import type { Action } from '../../plan/plan.ts';

/** The filters of a plan's records, in this order: what is wrong, what changes something, the rest. */
export const actionFilters: readonly {
  readonly action: Action | 'invalid';
  readonly sign: string;
  readonly word: string;
}[] = [
  { action: 'invalid', sign: 'x', word: 'invalid' },
  { action: 'refuse', sign: 'x', word: 'would fail' },
  { action: 'create', sign: '+', word: 'create' },
  { action: 'update', sign: '~', word: 'update' },
  { action: 'delete', sign: '-', word: 'delete' },
  { action: 'act', sign: '!', word: 'act' },
  { action: 'conditional', sign: '?', word: 'known after apply' },
  { action: 'unchanged', sign: '=', word: 'unchanged' },
];

/** The sign of an action and its name as a page says it. */
export function wordOf(action: Action): { readonly sign: string; readonly word: string } {
  const known = actionFilters.find((filter) => filter.action === action);
  if (known !== undefined) return { sign: known.sign, word: known.word };
  return { sign: action === 'read' ? '<' : action === 'approve' ? '|' : '.', word: action };
}
