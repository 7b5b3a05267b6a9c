import { oneLine } from '../diagnostics/neutralise.ts';

/** Something that a CI system shows beside the code and on top of the job. */
export interface Notice {
  readonly severity: 'error' | 'warning';
  /** A few words: the code, the step. */
  readonly title: string;
  readonly message: string;
  /** Relative to the repository, with `/`. */
  readonly file?: string;
  /** From 1, as are columns. */
  readonly line?: number;
  readonly column?: number;
  readonly endColumn?: number;
  /** Notices of one kind have one cause: of each the first is told before a second of any. */
  readonly kind: string;
}

/** So many of a severity are shown for a step of GitHub Actions; more are dropped there, the first ones kept. */
export const noticesMost = 10;

/**
 * The notices that are told: at most ten of a severity. First what concerns the whole and not one row, then a
 * notice of each kind, the most frequent kind first, then seconds of these.
 * @param counts how many there were of a kind, where not all were kept
 */
export function mostImportant(
  notices: readonly Notice[],
  counts: ReadonlyMap<string, number>,
): readonly Notice[] {
  const kinds = [...Map.groupBy(notices, ({ kind }) => kind).values()].toSorted(
    (a, b) => wholeFirst(a) - wholeFirst(b) || counts.get(b[0]!.kind)! - counts.get(a[0]!.kind)!,
  );
  const longest = Math.max(0, ...kinds.map((kind) => kind.length));
  const inTurn = Array.from({ length: longest }, (_, turn) =>
    kinds.flatMap((kind) => kind[turn] ?? []),
  ).flat();
  const told = inTurn.map((notice, index) => {
    const more = counts.get(notice.kind)! - 1;
    const first = inTurn.findIndex(({ kind }) => kind === notice.kind) === index;
    return first && more > 0
      ? { ...notice, message: `${notice.message} (and ${more} more like it)` }
      : notice;
  });
  return (['error', 'warning'] as const).flatMap((severity) =>
    told.filter((notice) => notice.severity === severity).slice(0, noticesMost),
  );
}

function wholeFirst(kind: readonly Notice[]): number {
  return kind[0]!.kind.startsWith('row ') ? 1 : 0;
}

/**
 * A workflow command of GitHub Actions ("Workflow commands": setting an error message). Its own marks are escaped in
 * what comes from elsewhere, so that no second command and no other property can be made of it.
 */
export function githubCommand({ severity, title, message, ...place }: Notice): string {
  const properties = {
    ...(place.file === undefined ? {} : { file: place.file }),
    ...(place.line === undefined ? {} : { line: place.line, endLine: place.line }),
    ...(place.column === undefined ? {} : { col: place.column }),
    ...(place.endColumn === undefined ? {} : { endColumn: place.endColumn }),
    title,
  };
  const data = (text: string) =>
    oneLine(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const words = Object.entries(properties).map(([name, value]) => `${name}=${property(String(value))}`);
  return `::${severity} ${words.join(',')}::${data(message)}`;
}

/** A logging command of Azure Pipelines ("Logging commands": LogIssue), escaped in the same way. */
export function azureCommand({ severity, title, message, file, line, column }: Notice): string {
  const properties = {
    type: severity,
    ...(file === undefined ? {} : { sourcepath: file }),
    ...(line === undefined ? {} : { linenumber: line }),
    ...(column === undefined ? {} : { columnnumber: column }),
    code: title,
  };
  const words = Object.entries(properties).map(([name, value]) => `${name}=${azureProperty(String(value))}`);
  return `##vso[task.logissue ${words.join(';')}]${azureData(message)}`;
}

/** Has Azure Pipelines show a Markdown file with the job ("Logging commands": UploadSummary). @param file absolute */
export function azureSummaryCommand(file: string): string {
  return `##vso[task.uploadsummary]${azureData(file)}`;
}

function azureData(text: string): string {
  return oneLine(text).replaceAll('%', '%AZP25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function azureProperty(text: string): string {
  return azureData(text).replaceAll(';', '%3B').replaceAll(']', '%5D');
}
