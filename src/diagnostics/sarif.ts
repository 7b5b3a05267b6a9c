import { codes } from './codes.ts';
import type { At, Cell, Diagnostic } from './diagnostic.ts';
import { lineColumn } from './print.ts';
import { rowsAreLines } from './row-lines.ts';

/** What GitHub shows of one run ("SARIF support for code scanning"). */
export const sarifResultsMost = 5_000;

/** What the report is made of besides the diagnostics. */
export interface SarifContext {
  readonly version: string;
  /** Text of a file that diagnostics point into, for lines and columns. */
  readonly sourceOf: (file: string) => string | undefined;
  /** Where a file is in its repository, with `/`; undefined where it is outside. */
  readonly inRepository: (file: string) => string | undefined;
  /** Absolute URI of a file. */
  readonly uriOf: (file: string) => string;
  /** For what concerns no place: results need one. */
  readonly file: string;
  /** Diagnostics that were found and are not among those given. */
  readonly leftOut: number;
}

/** Diagnostics as a SARIF 2.1.0 log, in the order given. */
export function sarifLog(diagnostics: readonly Diagnostic[], context: SarifContext): unknown {
  const rules = [...new Set(diagnostics.map(({ code }) => code))].sort();
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Tenantry',
            semanticVersion: context.version,
            rules: rules.map((id) => ({
              id,
              shortDescription: { text: codes[id] },
              help: { text: codes[id] },
              defaultConfiguration: { level: 'error' },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            ...(context.leftOut === 0
              ? {}
              : { toolExecutionNotifications: [leftOutNotification(context.leftOut)] }),
          },
        ],
        results: diagnostics.map((diagnostic) => resultOf(diagnostic, rules, context)),
      },
    ],
  };
}

function leftOutNotification(leftOut: number) {
  return {
    level: 'warning',
    message: { text: `${leftOut} more results were found and are not in this file` },
  };
}

function resultOf(diagnostic: Diagnostic, rules: readonly string[], context: SarifContext) {
  const { code, severity, message, expected, didYouMean, help, related = [] } = diagnostic;
  const text = [
    message,
    expected === undefined ? '' : `expected ${expected}`,
    didYouMean === undefined ? '' : `did you mean '${didYouMean}'?`,
    help ?? '',
  ]
    .filter((part) => part !== '')
    .join('\n');
  const relatedLocations = related.map((place, id) => ({
    id,
    ...locationOf(place, context),
    message: { text: place.message },
  }));
  return {
    ruleId: code,
    ruleIndex: rules.indexOf(code),
    level: severity,
    message: { text },
    locations: [locationOf(diagnostic, context)],
    ...(relatedLocations.length === 0 ? {} : { relatedLocations }),
  };
}

function locationOf({ at, cell }: { readonly at?: At; readonly cell?: Cell }, context: SarifContext) {
  const file = at?.file ?? cell?.file ?? context.file;
  const region = at === undefined ? rowRegion(cell) : spanRegion(at, context.sourceOf(at.file));
  const cellName =
    cell === undefined
      ? undefined
      : `row ${cell.row}${cell.column === undefined ? '' : `, column ${cell.column}`}`;
  return {
    physicalLocation: {
      artifactLocation: artifactOf(file, context),
      ...(region === undefined ? {} : { region }),
    },
    ...(cellName === undefined
      ? {}
      : { logicalLocations: [{ fullyQualifiedName: cellName, kind: 'element' }] }),
  };
}

function artifactOf(file: string, { inRepository, uriOf }: SarifContext) {
  const relative = inRepository(file);
  if (relative === undefined) return { uri: uriOf(file) };
  return { uri: relative.split('/').map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' };
}

/** A row that is a line of its file, whole. */
function rowRegion(cell: Cell | undefined) {
  return cell === undefined || !rowsAreLines(cell.file) ? undefined : { startLine: cell.row };
}

/** Lines and columns from 1; the end stands behind the last character. */
function spanRegion({ offset, length }: At, text: string | undefined) {
  if (text === undefined) return undefined;
  const from = lineColumn(text, Math.min(offset, text.length));
  const to = lineColumn(text, Math.min(offset + length, text.length));
  return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column };
}
