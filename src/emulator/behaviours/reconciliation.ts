import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { emulatorCredentials } from '../authority/identities.ts';
import type { Charge } from '../billing/charges.ts';
import { findInvoice, unbilled } from '../billing/invoices.ts';
import { dailyRatedLine, isMetered, oneTimeLine } from '../billing/lines.ts';
import { type Fields, ok, type Reply } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';

/**
 * Exports of billing data by Microsoft Graph: pages partners-billing-billedreconciliation-export and its three kin,
 * partners-billing-operation-get, partners-billing-manifest-get. The files lie at a storage that takes no token.
 */
export const reconciliation: Readonly<Record<string, Behaviour>> = {
  'reconciliation.exportBilled': (call, state) => begin(call, state, 'charges', billed),
  'reconciliation.exportBilledUsage': (call, state) => begin(call, state, 'usage', billed),
  'reconciliation.exportUnbilled': (call, state) => begin(call, state, 'charges', open),
  'reconciliation.exportUnbilledUsage': (call, state) => begin(call, state, 'usage', open),
  'reconciliation.getOperation': getOperation,
  'reconciliation.getManifest': getManifest,
  'reconciliation.download': download,
};

interface Export {
  readonly id: string;
  readonly manifestId: string;
  readonly asked: Fields;
  readonly createdAt: number;
  changedAt: number;
  pollsLeft: number;
  /** Name of a file → its lines. */
  readonly blobs: ReadonlyMap<string, readonly Fields[]>;
}

interface Exports extends Area {
  readonly all: Export[];
}

function exportsOf(state: State): Exports {
  return state.area('billingExports', () => {
    const all: Export[] = [];
    const snapshot = () =>
      all.map(({ id, manifestId, asked, blobs }) => ({
        id,
        manifestId,
        asked,
        lines: [...blobs.values()].reduce((sum, lines) => sum + lines.length, 0),
      }));
    return { all, snapshot };
  });
}

/** What is to be exported, or the name of what is missing or wrong in the request. */
type Chosen =
  | { readonly charges: readonly Charge[]; readonly invoiceId: string }
  | { readonly wrong: string };

function billed({ invoiceId }: Fields, state: State): Chosen {
  if (typeof invoiceId !== 'string' || invoiceId === '') return { wrong: 'invoiceId' };
  return { charges: findInvoice(state, invoiceId)?.charges ?? [], invoiceId };
}

function open({ currencyCode, billingPeriod }: Fields, state: State): Chosen {
  const period = { current: 'current', last: 'previous' } as const;
  const wanted = String(billingPeriod).toLowerCase();
  if (typeof currencyCode !== 'string' || !/^[a-z]{3}$/iu.test(currencyCode))
    return { wrong: 'currencyCode' };
  if (wanted !== 'current' && wanted !== 'last') return { wrong: 'billingPeriod' };
  return { charges: unbilled(state, period[wanted], currencyCode), invoiceId: '' };
}

function begin(
  call: Call,
  state: State,
  kind: 'charges' | 'usage',
  choose: (body: Fields, state: State) => Chosen,
): Reply {
  const asked = (call.body ?? {}) as Fields;
  const set = String(asked.attributeSet ?? 'full').toLowerCase();
  const chosen = choose(asked, state);
  if ('wrong' in chosen) return refused(call, 400, 'badRequest', `${chosen.wrong} is missing or wrong.`);
  if (set !== 'full' && set !== 'basic')
    return refused(call, 400, 'badRequest', 'attributeSet is full or basic.');
  const { charges, invoiceId } = chosen;
  const lines =
    kind === 'charges'
      ? charges.map((charge) => oneTimeLine(charge, invoiceId))
      : charges.filter(isMetered).map((charge) => dailyRatedLine(charge, invoiceId));
  const manifestId = state.newId();
  const made: Export = {
    id: state.newId(),
    manifestId,
    asked,
    createdAt: state.now(),
    changedAt: state.now(),
    pollsLeft: state.behaviour.exportPolls,
    blobs: blobsOf(lines.map(set === 'basic' ? basic : full), manifestId, state.behaviour.pageLimit),
  };
  exportsOf(state).all.push(made);
  const location = `${rootOf(call)}/v1.0/reports/partners/billing/operations/${made.id}`;
  return { status: 202, headers: { location, 'retry-after': '10' } };
}

/** Big exports come in several files. */
function blobsOf(lines: readonly Fields[], manifestId: string, most: number): Export['blobs'] {
  const blobs = new Map<string, readonly Fields[]>();
  for (let at = 0; at < lines.length; at += most) {
    const number = String(blobs.size).padStart(5, '0');
    blobs.set(`part-${number}-${manifestId}.c000.json.gz`, lines.slice(at, at + most));
  }
  return blobs;
}

/** Columns of the files are in PascalCase, and call the total by its shorter name. */
function full({ attributes: _, totalForCustomer, ...line }: Fields): Fields {
  const columns = totalForCustomer === undefined ? line : { ...line, total: totalForCustomer };
  return Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), value]),
  );
}

const left = /^(?:Meter|Reservation|PcToBC|Service|Tags|AdditionalInfo|Alternate|PriceAdjustment|Discount)/u;

function basic(line: Fields): Fields {
  return Object.fromEntries(Object.entries(full(line)).filter(([name]) => !left.test(name)));
}

function getOperation(call: Call, state: State): Reply {
  const found = exportsOf(state).all.find(({ id }) => id === call.params.operationId?.toLowerCase());
  if (found === undefined) return refused(call, 404, 'itemNotFound', 'There is no such operation.');
  const running = found.pollsLeft > 0;
  if (running) {
    found.pollsLeft -= 1;
    found.changedAt = state.now();
  }
  const base = {
    id: found.id,
    createdDateTime: new Date(found.createdAt).toISOString(),
    lastActionDateTime: new Date(found.changedAt).toISOString(),
  };
  const type = (name: string) => ({ '@odata.type': `#microsoft.graph.partners.billing.${name}` });
  if (running)
    return {
      ...ok({ ...type('runningOperation'), ...base, status: 'running' }),
      headers: { 'retry-after': '10' },
    };
  if (found.blobs.size === 0) {
    const error = { message: 'No data available', code: '5000' };
    return ok({ ...type('failedOperation'), ...base, status: 'failed', error });
  }
  return ok({
    ...type('exportSuccessOperation'),
    ...base,
    status: 'succeeded',
    'resourceLocation@odata.navigationLink': `${rootOf(call)}/v1.0/reports/partners/billing/manifests/${found.manifestId}`,
  });
}

function getManifest(call: Call, state: State): Reply {
  const found = exportsOf(state).all.find(
    ({ manifestId, pollsLeft }) => manifestId === call.params.manifestId?.toLowerCase() && pollsLeft === 0,
  );
  if (found === undefined) return refused(call, 404, 'itemNotFound', 'There is no such manifest.');
  return ok({
    id: found.manifestId,
    schemaVersion: '1',
    dataFormat: 'compressedJSON',
    createdDateTime: new Date(found.changedAt).toISOString(),
    eTag: signatureOf(found).slice(0, 17),
    partnerTenantId: emulatorCredentials.tenantId,
    rootDirectory: `${rootOf(call)}/_storage/${found.manifestId}`,
    sasToken: `sv=2021-08-06&sr=d&sp=rl&sdd=7&sig=${encodeURIComponent(signatureOf(found))}`,
    partitionType: 'Default',
    blobCount: found.blobs.size,
    blobs: [...found.blobs.keys()].map((name) => ({ name, partitionValue: 'default' })),
  });
}

function signatureOf({ id, manifestId }: Export): string {
  return createHash('sha256').update(`${id} ${manifestId}`).digest('base64');
}

/** The storage refuses who brings a token beside the key as it refuses who has no key. */
function download(call: Call, state: State): Reply {
  const { folder, name = '' } = call.params;
  const found = exportsOf(state).all.find(({ manifestId }) => manifestId === folder);
  const opens = found !== undefined && call.query.get('sig') === signatureOf(found);
  if (!opens || call.headers.authorization !== undefined) return storageError(403, 'AuthenticationFailed');
  const lines = found.blobs.get(name);
  if (lines === undefined) return storageError(404, 'BlobNotFound');
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return { status: 200, bytes: gzipSync(text), headers: { 'content-type': 'application/octet-stream' } };
}

function storageError(status: number, code: string): Reply {
  const text = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`;
  return {
    status,
    bytes: Buffer.from(text),
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code },
  };
}

/** Where the emulator was called, for the absolute addresses that Graph gives. */
function rootOf({ headers }: Call): string {
  return `http://${String(headers.host)}`;
}

/** A refusal in Graph's own form. */
function refused({ headers }: Call, status: number, code: string, message: string): Reply {
  const id = String(headers['client-request-id'] ?? '');
  const innerError = { 'request-id': id, 'client-request-id': id };
  return { status, body: { error: { code, message, innerError } } };
}
