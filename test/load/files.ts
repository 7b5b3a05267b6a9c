import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DiagnosticsError } from '../../src/diagnostics/diagnostic.ts';
import type { Row, Table } from '../../src/load/row.ts';
import { packWorkbook } from '../../src/load/workbook.ts';

/** A folder for the files of one test file. */
export function makeFolder(): {
  write(name: string, content: string | Uint8Array): string;
  remove(): void;
  path: string;
} {
  const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-load-'));
  return {
    path: folder,
    write: (name, content) => {
      const file = path.join(folder, name);
      writeFileSync(file, content);
      return file;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

export async function rowsOf(table: Table): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of table.rows()) rows.push(row);
  return rows;
}

/** Cells of every row, as plain objects. */
export async function cellsOf(table: Table): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await rowsOf(table)).map(({ cells }) => ({ ...cells }));
}

/** `CODE:row` of what a promise throws; a row is absent where the whole file is meant. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DiagnosticsError)
      return error.diagnostics
        .map(({ code, cell }) => (cell === undefined ? code : `${code}:${cell.row}`))
        .join(' ');
    throw error;
  }
  throw new Error('nothing was refused');
}

type CellText = string;

/**
 * A workbook as Excel writes it, from the XML of its cells by sheet.
 * @param changes pieces of the sheets' XML that are written otherwise
 */
export function workbook(
  sheets: Readonly<Record<string, readonly (readonly CellText[])[]>>,
  changes: readonly (readonly [from: string, to: string])[] = [],
): Uint8Array {
  const names = Object.keys(sheets);
  const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const files: Record<string, string> = {
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${relations}"><sheets>${names.map((name, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${names.map((_, i) => `<Relationship Id="rId${i + 1}" Type="${relations}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`).join('')}<Relationship Id="rId99" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': `<styleSheet xmlns="${main}"><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" xfId="0"/><xf numFmtId="14" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`,
  };
  names.forEach((name, i) => {
    const rows = sheets[name]!.map((cells, r) =>
      cells.length === 0
        ? ''
        : `<row r="${r + 1}">${cells.map((cell, c) => cell.replace('<c', `<c r="${String.fromCharCode(65 + c)}${r + 1}"`)).join('')}</row>`,
    );
    files[`xl/worksheets/sheet${i + 1}.xml`] = changes.reduce(
      (xml, [from, to]) => xml.replace(from, to),
      `<worksheet xmlns="${main}"><sheetData>${rows.join('')}</sheetData></worksheet>`,
    );
  });
  return new Uint8Array(packWorkbook(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])));
}

export const cell = {
  text: (text: string): CellText => `<c t="inlineStr"><is><t>${text}</t></is></c>`,
  number: (value: number): CellText => `<c><v>${value}</v></c>`,
  boolean: (value: boolean): CellText => `<c t="b"><v>${value ? 1 : 0}</v></c>`,
  /** Days since 1899-12-30. */
  date: (serial: number): CellText => `<c s="1"><v>${serial}</v></c>`,
  none: '<c/>',
} as const;
