import { type Diagnostic, DiagnosticsError } from '../diagnostics/diagnostic.ts';
import { openKeyIndex } from '../load/key-index.ts';
import type { RelatedIndex } from '../load/related.ts';
import type { Row, Table } from '../load/row.ts';
import { asText } from '../schema/as-text.ts';
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
  const judge = new RowJudge(playbook, parameters, table, related);
  const missing = judge.header();
  if (missing.length > 0) throw new DiagnosticsError(missing);
  let index = 0;
  try {
    for await (const row of table.rows()) {
      yield judge.row(row, index);
      index += 1;
    }
  } finally {
    judge.close();
  }
  if (index === 0) {
    const message = `${table.file} has a header and no rows`;
    throw new DiagnosticsError([{ code: 'INPUT_EMPTY', severity: 'error', message }]);
  }
}

/** Judges the rows of one table, one after another: it remembers the keys that it has seen. */
class RowJudge {
  readonly #playbook: Playbook;
  readonly #parameters: Readonly<Record<string, unknown>>;
  readonly #table: Table;
  readonly #checker: RowChecker;
  readonly #joins: readonly {
    readonly name: string;
    readonly by: string;
    readonly checker: RowChecker;
    readonly index: RelatedIndex | undefined;
  }[];
  readonly #keys = openKeyIndex();

  constructor(
    playbook: Playbook,
    parameters: Readonly<Record<string, unknown>>,
    table: Table,
    related: Related,
  ) {
    this.#playbook = playbook;
    this.#parameters = parameters;
    this.#table = table;
    this.#checker = new RowChecker(playbook.input.record);
    this.#joins = Object.entries(playbook.input.related).map(([name, { by, record }]) => ({
      name,
      by,
      checker: new RowChecker(record),
      index: related[name],
    }));
  }

  header(): readonly Diagnostic[] {
    return this.#checker.header(this.#table.columns, this.#table.file, 1);
  }

  close(): void {
    this.#keys.close();
  }

  row(row: Row, index: number): CheckedRow {
    const toCheck = { row, textual: this.#table.textual, file: this.#table.file };
    const checked = this.#checker.check(toCheck);
    if (!checked.ok) return { ok: false, index, row, diagnostics: checked.diagnostics };
    const { joined, diagnostics } = this.#join(checked.value);
    const record = toRecord(this.#playbook, this.#parameters, joined, toCheck, index);
    if (!record.ok) return { ok: false, index, row, diagnostics: [...record.diagnostics, ...diagnostics] };
    if (diagnostics.length > 0) return { ok: false, index, row, diagnostics };
    const first = this.#keys.add(record.value.key, row.line);
    if (first === undefined) return { ok: true, record: record.value, row };
    return { ok: false, index, row, diagnostics: [duplicate(record.value, row.line, first)] };
  }

  /** The record with its related rows, typed; their bad cells make the record bad. */
  #join(values: Readonly<Record<string, unknown>>): {
    readonly joined: Readonly<Record<string, unknown>>;
    readonly diagnostics: readonly Diagnostic[];
  } {
    const joined: Record<string, unknown> = { ...values };
    const diagnostics: Diagnostic[] = [];
    for (const { name, by, checker, index } of this.#joins) {
      const rows = index?.rowsFor(asText((Object.hasOwn(values, by) ? values[by] : undefined) ?? '')) ?? [];
      const typed = rows.map((row) => checker.check({ row, textual: index!.textual, file: index!.file }));
      for (const result of typed) if (!result.ok) diagnostics.push(...result.diagnostics);
      joined[name] = typed.flatMap((result) => (result.ok ? [result.value] : []));
    }
    return { joined, diagnostics };
  }
}

function duplicate({ key, cell }: InputRecord, row: number, first: number): Diagnostic {
  const message = `row ${row} has the same key as row ${first}: ${key}`;
  return {
    code: 'INPUT_DUPLICATE',
    severity: 'error',
    message,
    cell,
    related: [{ message: 'has it first', cell: { file: cell.file, row: first } }],
  };
}
