import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { openKeyIndex } from '../load/key-index.ts';
import type { RelatedIndex } from '../load/related.ts';
import type { Row, Table } from '../load/row.ts';
import { RowChecker, toRecord } from './check-record.ts';
import type { Playbook } from './playbook.ts';
import type { InputRecord } from './record.ts';

/** A row of the input once it was judged. */
export type CheckedRow =
  | { readonly ok: true; readonly record: InputRecord; readonly row: Row }
  | {
      readonly ok: false;
      readonly index: number;
      readonly row: Row;
      readonly diagnostics: readonly Diagnostic[];
    };

type Related = Readonly<Record<string, RelatedIndex>>;

/**
 * Every row of the input, typed and joined, in order; memory does not grow with their number. A bad row is a value
 * with its diagnostics; two rows with one key are both named.
 * @throws DiagnosticsError INPUT_HEADER, INPUT_EMPTY, and what reading the file throws
 */
export async function* readRecords(
  playbook: Playbook,
  parameters: Readonly<Record<string, unknown>>,
  table: Table,
  related: Related,
): AsyncGenerator<CheckedRow> {
  const checker = new RowChecker(playbook.input.record);
  const joins = Object.entries(playbook.input.related).map(([name, { by, record }]) => ({
    name,
    by,
    checker: new RowChecker(record),
    index: related[name],
  }));
  const missing = checker.header(table.columns, table.file, 1);
  if (missing.length > 0) throw new DiagnosticsError(missing);
  const keys = openKeyIndex();
  let index = 0;
  try {
    for await (const row of table.rows()) {
      yield checkRow(row, index);
      index += 1;
    }
  } finally {
    keys.close();
  }
  if (index === 0)
    throw new DiagnosticsError([
      { code: 'INPUT_EMPTY', severity: 'error', message: `${table.file} has a header and no rows` },
    ]);

  function checkRow(row: Row, at: number): CheckedRow {
    const toCheck = { row, textual: table.textual, file: table.file };
    const checked = checker.check(toCheck);
    if (!checked.ok) return { ok: false, index: at, row, diagnostics: checked.diagnostics };
    const joined: Record<string, unknown> = { ...checked.value };
    const diagnostics: Diagnostic[] = [];
    for (const join of joins) {
      const rows = join.index?.rowsFor(String(checked.value[join.by] ?? '')) ?? [];
      const typed = rows.map((other) =>
        join.checker.check({ row: other, textual: join.index!.textual, file: join.index!.file }),
      );
      for (const result of typed) if (!result.ok) diagnostics.push(...result.diagnostics);
      joined[join.name] = typed.flatMap((result) => (result.ok ? [result.value] : []));
    }
    const record = toRecord(playbook, parameters, joined, toCheck, at);
    if (!record.ok || diagnostics.length > 0)
      return {
        ok: false,
        index: at,
        row,
        diagnostics: [...(record.ok ? [] : record.diagnostics), ...diagnostics],
      };
    const first = keys.add(record.value.key, row.line);
    if (first === undefined) return { ok: true, record: record.value, row };
    const message = `row ${row.line} has the same key as row ${first}: ${record.value.key}`;
    return {
      ok: false,
      index: at,
      row,
      diagnostics: [
        {
          code: 'INPUT_DUPLICATE',
          severity: 'error',
          message,
          cell: record.value.cell,
          related: [{ message: 'has it first', cell: { file: table.file, row: first } }],
        },
      ],
    };
  }
}
