import type { PlannedAction, PlannedRecord } from '../../plan/plan.ts';
import type { ShownRequest } from '../../plan/shown-request.ts';
import { plural, show } from '../text.ts';
import { actionFilters, wordOf } from './actions.ts';
import type { PageRecord, PageStep } from './page-record.ts';

/** A planned record as the page shows it. @param requestOf the exact request of an action, where it sends one */
export function planPageRecord(
  record: PlannedRecord,
  requestOf: (action: PlannedAction) => ShownRequest | undefined,
): PageRecord {
  const invalid = record.invalid ?? [];
  return {
    key: record.key,
    row: record.row,
    flags: flagsOf(record),
    summary: invalid.length > 0 ? 'invalid: the row cannot be used' : summaryOf(record),
    problems: invalid.map(({ message, cell, expected, help }) =>
      [
        cell?.column === undefined ? '' : `${cell.column}: `,
        message,
        expected === undefined ? '' : `; expected ${expected}`,
        help === undefined ? '' : `; ${help}`,
      ].join(''),
    ),
    steps: record.actions.map((action) => stepOf(action, requestOf(action))),
  };
}

/** A bit for each filter that the record has. */
export function flagsOf({ actions, invalid }: PlannedRecord): number {
  const has = new Set<string>(actions.map(({ action }) => action));
  if (invalid !== undefined) has.add('invalid');
  return actionFilters.reduce((bits, { action }, at) => (has.has(action) ? bits | (1 << at) : bits), 0);
}

function summaryOf({ actions }: PlannedRecord): string {
  const parts = actionFilters.flatMap(({ action, word }) => {
    const times = actions.filter((one) => one.action === action).length;
    return times === 0 ? [] : [`${word} ${times}`];
  });
  return parts.length === 0 ? `${plural(actions.length, 'step')}, nothing is changed` : parts.join(' · ');
}

function stepOf(action: PlannedAction, request: ShownRequest | undefined): PageStep {
  const { sign, word } = wordOf(action.action);
  const notes = [action.reason, action.found === undefined ? undefined : `exists already: ${action.found}`];
  const note = notes.filter((part) => part !== undefined).join(' · ');
  const changes = Object.entries(action.changes ?? {}).map(
    ([path, [is, shall]]) => [path, show(is), show(shall)] as const,
  );
  return {
    path: action.path,
    uses: request === undefined || request.operation === action.uses ? action.uses : request.operation,
    sign,
    word,
    ...(note === '' ? {} : { note }),
    ...(changes.length === 0 ? {} : { changes }),
    ...(request === undefined ? {} : { request: withoutName(request) }),
    ...(request === undefined && action.with !== undefined ? { inputs: action.with } : {}),
  };
}

function withoutName({ method, path, body, over }: ShownRequest): NonNullable<PageStep['request']> {
  return {
    method,
    path,
    ...(body === undefined ? {} : { body }),
    ...(over === undefined ? {} : { over }),
  };
}
