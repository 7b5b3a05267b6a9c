import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { checkPlaybook } from '../../src/check/check-playbook.ts';
import type { Playbook } from '../../src/check/playbook.ts';
import { readRecords } from '../../src/check/records.ts';
import { formatDiagnostics } from '../../src/diagnostics/print.ts';
import { compile } from '../../src/expression/compile.ts';
import { EvaluationError, evaluate } from '../../src/expression/evaluate.ts';
import { compilePattern } from '../../src/expression/pattern.ts';
import { readDocument } from '../../src/load/document.ts';
import { openTable } from '../../src/load/table.ts';
import { packWorkbook, unpackWorkbook } from '../../src/load/workbook.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { type Answer, readAnswer, retryAfter } from '../../src/partner-center/answer.ts';
import { itemsOf, nextPage, PagingError } from '../../src/partner-center/pages.ts';
import { buildRequest, InputError } from '../../src/partner-center/request.ts';
import { spelled } from '../../src/partner-center/spelling.ts';
import { readPlan } from '../../src/plan/plan-file.ts';
import { wrapSecrets } from '../../src/plan/secrets.ts';
import { groupRecords } from '../../src/report/groups.ts';
import { recordText, summaryText } from '../../src/report/text.ts';
import { hasReferenceData, samples } from '../../tools/reference-data.ts';
import { scope, values } from '../expression/scope.ts';
import { cell, workbook } from '../load/files.ts';
import { mutated, mutatedBytes, mutatedJson, nastyPieces, nastyText } from './nasty.ts';
import { verdict, watched } from './watch.ts';

/** Something that takes what comes from outside, and a property that must hold of it whatever comes. */
export interface Target {
  readonly name: string;
  readonly property: () => fc.IAsyncProperty<[unknown]>;
}

const operations = loadOperations();
const root = path.join(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'tenantry-hostile-'));
export const clearFolder = () => rmSync(folder, { recursive: true, force: true });

function fileOf(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const workflows = readdirSync(path.join(root, 'workflows'), { recursive: true, encoding: 'utf8' }).map(
  (name) => path.join(root, 'workflows', name),
);
const textsOf = (ending: string) =>
  workflows.filter((name) => name.endsWith(ending)).map((name) => readFileSync(name, 'utf8'));
const playbooks = textsOf('playbook.yaml');
const csvs = textsOf('.csv');

/** One of them, mutated. */
const oneOf = (texts: readonly string[]) => fc.constantFrom(...texts).chain(mutated);

function target<T>(name: string, inputs: fc.Arbitrary<T>, work: (input: T) => unknown): Target {
  const property = () =>
    fc.asyncProperty(inputs, (input) => watched(name, () => work(input)).then(() => undefined));
  return { name, property: property as Target['property'] };
}

function readPlaybook(text: string): Playbook | undefined {
  const document = readDocument('playbook.yaml', text);
  const checked = document.ok ? checkPlaybook(document.value, operations) : document;
  formatDiagnostics(checked.diagnostics, new Map([['playbook.yaml', text]]), { color: true });
  return checked.ok ? (checked.value as Playbook) : undefined;
}

/** All of a file's rows, or the codes that it is refused with. */
const readTable = (file: string) =>
  verdict(async () => {
    const table = await openTable(file);
    for await (const row of table.rows()) JSON.stringify(row);
  });

const takesAnything = readPlaybook(`tenantry: 1
name: takes-anything
input:
  key: \${{ record.id }}
  record:
    type: object
    required: [id]
    properties: { id: { type: [string, integer] }, constructor: { type: string, pattern: '^(a+)+$', default: a }, toString: { type: integer }, email: { type: string, format: email }, site: { type: string, format: uri }, day: { type: string, format: date-time }, tags: { type: array }, deep: {} }
steps:
  - id: customer
    uses: customers.get
    with: { customerId: "\${{ string(record.id) }}" }
`)!;

/** A row that names things like what every object has, through the whole judgement of rows. */
async function judgeRows(rows: readonly unknown[]): Promise<void> {
  const file = fileOf('rows.ndjson', rows.map((row) => JSON.stringify(row)).join('\n'));
  await verdict(async () => {
    for await (const row of readRecords(takesAnything, {}, await openTable(file), {}))
      formatDiagnostics(row.ok ? [] : row.diagnostics, new Map(), { color: false });
  });
}

const row = {
  id: 'a',
  constructor: 'aaa',
  toString: 1,
  email: 'a@b.c',
  site: 'https://a.b/c',
  day: '2026-01-01T00:00:00Z',
  tags: [1],
  deep: { a: [{}] },
};

const answered = operations.names
  .map((name) => operations.get(name)!)
  .map((operation) => ({ operation, body: operation.example.answer as unknown }));
/** Those that read more of an answer than its body. */
const special = answered.filter(
  ({ operation: { location, lastPartOf, download, notReady, answers } }) =>
    location !== undefined ||
    lastPartOf !== undefined ||
    download !== undefined ||
    notReady !== undefined ||
    Object.keys(answers).length > 0,
);
const documented = (hasReferenceData ? samples() : []).map(({ response }) => response.body);
const bodies: readonly unknown[] = [...answered.map(({ body }) => body), ...documented];
const errors = [
  { code: 3000, description: 'no', data: [], source: 'PartnerFD' },
  { code: 'x', description: '{"reason":"bad","corrected_address":{"city":"x"}}' },
  { statusCode: 429, message: 'Rate limit is exceeded. Try again in 3 seconds.' },
  { error: 'invalid_client', error_description: 'AADSTS70011' },
  {
    error: {
      code: 'A',
      message: 'm',
      innerError: { code: 'B', 'request-id': 'r', innerError: { code: 'C' } },
    },
  },
];

const statuses = fc.constantFrom(
  200,
  201,
  202,
  204,
  301,
  400,
  401,
  403,
  404,
  408,
  409,
  412,
  429,
  500,
  502,
  503,
  504,
  999,
);
const headers = fc.dictionary(
  fc.constantFrom(
    'retry-after',
    'date',
    'location',
    'content-type',
    'ms-requestid',
    'www-authenticate',
    'x-ms-error-code',
  ),
  fc.oneof(
    nastyText,
    fc.constantFrom(
      '3',
      '1e9',
      '99999999999999999999',
      'Fri, 31 Dec 9999 23:59:59 GMT',
      '/a/%zz',
      'https://x/y/%E0%A4%A',
    ),
  ),
);

const answer = fc.record({
  operation: fc
    .oneof(fc.constantFrom(...special), fc.constantFrom(...answered))
    .map(({ operation }) => operation),
  status: statuses,
  headers,
  body: fc.oneof(
    fc
      .constantFrom(...bodies, ...errors)
      .chain(mutatedJson)
      .map((body) => JSON.stringify(body) ?? ''),
    fc.constantFrom(...bodies, ...errors).chain((body) => mutated(JSON.stringify(body) ?? '')),
    nastyText,
  ),
});

/** What is done with every answer, whatever is in it. */
function readOne({ operation, ...wire }: typeof answer extends fc.Arbitrary<infer T> ? T : never): void {
  const read: Answer = readAnswer(operation, wire, 0);
  const wait = retryAfter(wire.headers, 0);
  if (wait !== undefined && !(wait >= 0 && wait <= 86_400_000)) throw new Error(`a wait of ${wait}`);
  if (read.type !== 'ok') {
    const error = read.type === 'unknown' ? read.error : read.error;
    for (const text of [error?.code ?? '', error?.description ?? '', error?.requestId ?? ''])
      if (typeof text !== 'string') throw new Error(`an error of ${typeof text}`);
    return;
  }
  JSON.stringify(wrapSecrets(read.result, operation.result));
  spelled(itemsOf(read.result), operation.result.properties?.items);
  const url = 'https://api.partnercenter.microsoft.com/v1/customers?size=1';
  try {
    for (const paging of ['offset', 'seek', 'continuation', 'link'] as const) {
      const next = nextPage(paging, read.result, url);
      if (next !== undefined && new URL(next.url).origin !== new URL(url).origin) throw new Error(next.url);
    }
    buildRequest(operation, read.result as Record<string, unknown>, {
      ...{ root: 'https://x', requestId: '', correlationId: '', locale: '', application: '', token: '' },
      base: read.result,
      timeoutMs: 1,
    });
  } catch (error) {
    if (!(error instanceof PagingError || error instanceof InputError)) throw error;
  }
}

const diagnostic = {
  code: 'INPUT_CELL',
  severity: 'error',
  message: 'no',
  cell: { file: 'a', row: 2, column: 'b' },
};
const planLines: readonly unknown[] = [
  {
    tenantryPlan: 1,
    version: '0.1.0',
    createdAt: '2026-11-24T00:00:00.000Z',
    playbook: { file: 'p.yaml', name: 'p' },
    input: { file: 'i.csv', related: { users: 'u.csv' } },
    parameters: { a: 1 },
    secretParameters: [],
    target: 'global',
    offline: false,
    digests: { playbook: 'a', input: 'b', related: {}, parameters: 'c', operations: 'd', target: 'e' },
  },
  {
    index: 0,
    key: 'k',
    row: 2,
    digest: 'd',
    actions: [
      {
        path: 'customer',
        uses: 'customers.create',
        action: 'create',
        with: { a: { $unknown: 'x' } },
        calls: 2,
      },
      {
        path: 'b',
        uses: 'users.update',
        action: 'update',
        changes: { x: [1, 2] },
        found: 'f',
        reason: 'r',
        calls: 1,
      },
    ],
  },
  { index: 1, key: 'l', row: 3, digest: 'd', actions: [], invalid: [diagnostic] },
  {
    records: 2,
    invalid: 1,
    operations: { 'customers.create': { create: 1 } },
    calls: { customers: { calls: 2, seconds: 1 } },
    totalCalls: 2,
    totalSeconds: 1,
    planningCalls: 0,
    warnings: [diagnostic],
  },
];

/** The seal is no secret: whoever changes a plan can make it anew. */
function sealedPlan(lines: readonly unknown[]): string {
  const [header, ...records] = lines;
  const summary = records.pop();
  const { createdAt: _, ...rest } = Object(header) as { createdAt?: unknown };
  const hash = createHash('sha256').update(JSON.stringify(rest));
  for (const record of records) hash.update(JSON.stringify(record) ?? '');
  const last = { ...Object(summary), seal: hash.digest('hex') };
  return `${[header, ...records, last].map((line) => JSON.stringify(line)).join('\n')}\n`;
}

const paint = {
  bold: String,
  dim: String,
  red: String,
  green: String,
  yellow: String,
  cyan: String,
  magenta: String,
};

async function showPlan(text: string): Promise<void> {
  const file = fileOf('plan', text);
  await verdict(async () => {
    const { header, summary, records } = await readPlan(file);
    summaryText(header, summary, paint);
    for await (const record of records()) recordText(record, paint);
    await groupRecords(records());
  });
}

const celPieces = [
  ...[
    'record.seats',
    'record.users',
    'record.domain',
    'record.tags',
    '.map(x, ',
    '.filter(x, ',
    '.exists(x, ',
    'x',
    'x + x',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '"a"',
    "'",
    ' + ',
    ' && ',
    ' || ',
    '!',
    '-',
    '1',
    '9223372036854775807',
    '2.5',
    'null',
  ],
  ...[
    '.matches("(a+)+$")',
    '.replace("a", "aa")',
    '.size()',
    'has(',
    ' ? ',
    ' : ',
    ' in ',
    ',',
    '.',
    '.?',
    '[0]',
    'steps',
    'params',
  ],
  ...[
    '__proto__',
    'constructor',
    '.toString',
    'timestamp("x")',
    'succeeded("a")',
    'dyn(',
    'type(',
    'b"x"',
    'r"""',
    '//',
    '\n',
  ],
];

function evaluateAnything(source: string): void {
  const compiled = compile(source, scope);
  if (!compiled.ok) return;
  try {
    JSON.stringify(evaluate(compiled.expression, values));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
  }
}

const patternPieces = [
  'a',
  '(a+)+',
  '(',
  ')',
  '[a-z]',
  '{2,5}',
  '{1000}',
  '*',
  '+',
  '?',
  '|',
  '^',
  '$',
  '.',
  '\\d',
  '\\b',
  '\\1',
  '(?=a)',
  '(?i)',
  '\\pL',
  '[^x]',
  '(?:',
  '\\',
];

function matchAnything([source, text]: readonly [string, string]): void {
  let pattern: ReturnType<typeof compilePattern>;
  try {
    pattern = compilePattern(source);
  } catch {
    return; // refused
  }
  try {
    pattern.test(text);
  } catch (error) {
    if ((error as Error).constructor.name !== 'PatternLimit') throw error;
  }
}

const book = workbook({
  Customers: [
    [cell.text('domain'), cell.text('seats'), cell.text('since')],
    [cell.text('contoso.com'), cell.number(3), cell.date(45_000)],
    [cell.text('fabrikam.com'), cell.boolean(true), cell.none],
  ],
});
const bookFile = fileOf('book.xlsx', book);
const parts = await unpackWorkbook(bookFile);

const mutatedBook = fc.oneof(
  mutatedBytes(book),
  fc
    .nat(parts.length - 1)
    .chain((index) =>
      mutated(Buffer.from(parts[index]![1]).toString()).map((xml) =>
        Buffer.from(
          packWorkbook(parts.map((part, at) => (at === index ? [part[0], Buffer.from(xml)] : part))),
        ),
      ),
    ),
);

export const targets: readonly Target[] = [
  target('a playbook', oneOf(playbooks), readPlaybook),
  target('a playbook of pieces', fc.array(fc.constantFrom(...nastyPieces)), (some) =>
    readPlaybook(some.join('')),
  ),
  target('a CSV file', oneOf(csvs), (text) => readTable(fileOf('input.csv', text))),
  target(
    'a CSV file of bytes',
    fc.constantFrom(...csvs).chain((text) => mutatedBytes(Buffer.from(text))),
    (bytes) => readTable(fileOf('input.csv', bytes)),
  ),
  target('a workbook', mutatedBook, (bytes) => readTable(fileOf('input.xlsx', bytes))),
  target(
    'a JSON list',
    mutatedJson([row, row]).map((rows) => JSON.stringify(rows) ?? ''),
    (text) => readTable(fileOf('input.json', text)),
  ),
  target('JSON lines', mutated(`${JSON.stringify(row)}\n${JSON.stringify(row)}\n`), (text) =>
    readTable(fileOf('input.ndjson', text)),
  ),
  target('a YAML list', mutated('- a: 1\n  b: [x, y]\n- { a: &x 2, b: *x }\n'), (text) =>
    readTable(fileOf('input.yaml', text)),
  ),
  target('rows', fc.array(mutatedJson(row), { minLength: 1, maxLength: 3 }), judgeRows),
  target('an answer', answer, readOne),
  target('a plan', mutated(sealedPlan(planLines)), showPlan),
  target(
    'a plan that was sealed anew',
    mutatedJson(planLines)
      .filter(Array.isArray)
      .map((lines) => sealedPlan(lines)),
    showPlan,
  ),
  target('an expression', fc.array(fc.constantFrom(...celPieces), { maxLength: 20 }), (some) =>
    evaluateAnything(some.join('')),
  ),
  target(
    'a pattern',
    fc.tuple(
      fc.array(fc.constantFrom(...patternPieces), { maxLength: 12 }).map((some) => some.join('')),
      fc.constantFrom('', 'a'.repeat(5_000), 'ab1 '.repeat(2_000)),
    ),
    matchAnything,
  ),
];
