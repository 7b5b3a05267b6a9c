import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { closest } from '../diagnostics/suggest.ts';
import { EvaluationError, evaluate } from '../expression/evaluate.ts';
import { folded } from '../load/columns.ts';
import type { Row } from '../load/row.ts';
import { asText } from '../schema/as-text.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { coerce } from './coerce.ts';
import { expectedBy, validatorOf } from './json-schema.ts';
import type { Playbook } from './playbook.ts';
import type { InputRecord } from './record.ts';

/** A row as it is to be judged. */
export interface RowToCheck {
  readonly row: Row;
  readonly textual: boolean;
  readonly file: string;
}

/** Types and judges rows of one schema; compiled once, used for every row. */
export class RowChecker {
  readonly #schema: JsonSchema;
  readonly #validate: ValidateFunction;
  /** Column names as this input writes them, folded → property. */
  readonly #properties: ReadonlyMap<string, string>;

  constructor(schema: JsonSchema) {
    this.#schema = schema;
    this.#validate = validatorOf(schema);
    this.#properties = new Map(Object.keys(schema.properties ?? {}).map((name) => [folded(name), name]));
  }

  /** Problems of the header: required properties that no column has. One for the file, not one a row. */
  header(columns: readonly string[], file: string, row: number): readonly Diagnostic[] {
    const found = new Set(columns.map((column) => this.#properties.get(folded(column))));
    return (this.#schema.required ?? []).flatMap((name): readonly Diagnostic[] => {
      if (found.has(name) || this.#schema.properties?.[name]?.default !== undefined) return [];
      const near = closest(
        name,
        columns.filter((column) => !this.#properties.has(folded(column))),
      );
      const help =
        near === undefined ? {} : { help: `perhaps the column "${near}" is meant: name it "${name}"` };
      return [
        {
          code: 'INPUT_HEADER',
          severity: 'error',
          message: `the input has no column "${name}"`,
          cell: { file, row },
          ...help,
        },
      ];
    });
  }

  /** The row's values by property, typed, with defaults; or every bad cell of it. */
  check({ row, textual, file }: RowToCheck): Checked<Readonly<Record<string, unknown>>> {
    if (row.problem !== undefined) return { ok: false, diagnostics: [row.problem] };
    // Columns may be named like what every object has.
    const values = Object.create(null) as Record<string, unknown>;
    const columnOf = new Map<string, string>();
    for (const [column, cell] of Object.entries(row.cells)) {
      const name = this.#properties.get(folded(column));
      if (name === undefined) continue;
      columnOf.set(name, column);
      const value = this.#valueOf(cell, this.#schema.properties![name]!, textual);
      if (value !== undefined) values[name] = value;
    }
    for (const [name, schema] of Object.entries(this.#schema.properties ?? {})) {
      if (values[name] === undefined && schema.default !== undefined) values[name] = schema.default;
    }
    if (this.#validate(values)) return { ok: true, value: values, diagnostics: [] };
    return { ok: false, diagnostics: this.#badCells(values, row, file, columnOf) };
  }

  /** An empty cell is no value; text becomes what the schema wants, where it can. */
  #valueOf(cell: unknown, schema: JsonSchema, textual: boolean): unknown {
    if (cell === null || cell === undefined || (typeof cell === 'string' && cell.trim() === ''))
      return undefined;
    if (typeof cell === 'string')
      return textual || schema.type !== 'string'
        ? coerce(schema.type === 'string' ? cell.trim() : cell, schema)
        : cell;
    // Spreadsheets keep postal codes as numbers; where text is wanted, the number's own text is what was typed.
    return schema.type === 'string' && (typeof cell === 'number' || typeof cell === 'boolean')
      ? String(cell)
      : cell;
  }

  #badCells(
    values: Readonly<Record<string, unknown>>,
    row: Row,
    file: string,
    columnOf: ReadonlyMap<string, string>,
  ): readonly Diagnostic[] {
    const seen = new Set<string>();
    return (this.#validate.errors ?? []).flatMap((error): readonly Diagnostic[] => {
      const name =
        error.keyword === 'required'
          ? String(error.params.missingProperty)
          : (error.instancePath.split('/')[1] ?? '');
      if (seen.has(name)) return [];
      seen.add(name);
      const schema = this.#schema.properties?.[name] ?? {};
      const column = columnOf.get(name) ?? name;
      const value = values[name];
      const shown =
        value === undefined || schema.secret === true
          ? {}
          : { value: typeof value === 'string' ? value : JSON.stringify(value) };
      const message =
        value === undefined
          ? 'is empty'
          : schema.secret === true
            ? 'does not fit'
            : `${JSON.stringify(value)} does not fit`;
      const expected = value === undefined ? 'a value' : expectedBy([error], schema);
      return [
        {
          code: 'INPUT_CELL',
          severity: 'error',
          message,
          cell: { file, row: row.line, column, ...shown },
          expected,
        },
      ];
    });
  }
}

/** Joins a row's values with those of its related rows and names it by the playbook's key. */
export function toRecord(
  playbook: Playbook,
  parameters: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>>,
  { row, file }: RowToCheck,
  index: number,
): Checked<InputRecord> {
  const cell = { file, row: row.line };
  let key: unknown;
  try {
    key = evaluate(playbook.input.key, { record: values, params: parameters });
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
  }
  if (key === undefined || key === '' || key === null) {
    return {
      ok: false,
      diagnostics: [
        {
          code: 'INPUT_CELL',
          severity: 'error',
          message: `the row has no key (${playbook.input.key.source})`,
          cell,
        },
      ],
    };
  }
  return { ok: true, value: { index, key: asText(key), values, cell, raw: row.raw }, diagnostics: [] };
}
