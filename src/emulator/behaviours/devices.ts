import { collection, type Fields, noContent, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';
import {
  type Batch,
  batchesOf,
  type Device,
  devicesOf,
  isKnowable,
  type Job,
  jobsOf,
  passTime,
  startJob,
  timeOf,
} from './device-jobs.ts';

/** Devices a page at most: page get-a-list-of-devices-for-the-specified-batch-and-customer. */
const pageSize = 100;

/** Devices and their batches: pages upload-a-list-of-devices-to-create-a-new-batch…, update-a-list-of-devices-with-a-policy and their kin. */
export const devices: Readonly<Record<string, Behaviour>> = {
  'devices.listBatches': within((tenant, { path }, state) => {
    passTime(state, tenant.customer.id);
    const batches = [...batchesOf(state).of(tenant.customer.id).values()];
    return ok(
      collection(
        batches.map((batch) => batchBody(tenant, batch, state)),
        path,
      ),
    );
  }),
  'devices.createBatch': within((tenant, call, state) => {
    const { batchId, devices: wanted } = (call.body ?? {}) as Fields;
    const batches = batchesOf(state).of(tenant.customer.id);
    const id = String(batchId ?? '');
    if (id === '') return refuse(400, '3000', 'BatchId is missing.');
    if (batches.has(id.toLowerCase())) return refuse(400, '3000', `There is a batch ${id} already.`);
    const bad = unusable(wanted);
    if (bad !== undefined) return bad;
    batches.set(id.toLowerCase(), { id, createdBy: 'partner', creationDate: timeOf(state) });
    return accepted(tenant, startJob(state, tenant.customer.id, wanted as readonly Fields[], id));
  }),
  'devices.list': within((tenant, call, state) => {
    passTime(state, tenant.customer.id);
    return withBatch(tenant, call, state, (batch) => page(call, inBatch(tenant, batch, state), state));
  }),
  'devices.addToBatch': within((tenant, call, state) =>
    withBatch(tenant, call, state, (batch) => {
      const bad = unusable(call.body);
      if (bad !== undefined) return bad;
      return accepted(tenant, startJob(state, tenant.customer.id, call.body as readonly Fields[], batch.id));
    }),
  ),
  'devices.applyPolicies': within((tenant, call, state) => {
    const { devices: wanted } = (call.body ?? {}) as Fields;
    if (!Array.isArray(wanted) || wanted.length === 0) return refuse(400, '3000', 'Devices is missing.');
    if ((wanted as readonly Fields[]).some(({ id, policies }) => id === undefined || policies === undefined))
      return refuse(400, '3000', 'Each device needs Id and Policies.');
    return accepted(tenant, startJob(state, tenant.customer.id, wanted as readonly Fields[]));
  }),
  'devices.update': within((tenant, call, state) =>
    withDevice(tenant, call, state, (device) => {
      const { id: _, attributes: __, ...fields } = (call.body ?? {}) as Fields;
      const changed = { ...device, ...fields };
      devicesOf(state).of(tenant.customer.id).set(device.id, changed);
      return ok(deviceBody(changed));
    }),
  ),
  'devices.delete': within((tenant, call, state) =>
    withDevice(tenant, call, state, ({ id }) => {
      devicesOf(state).of(tenant.customer.id).delete(id);
      return noContent;
    }),
  ),
  'devices.getBatchStatus': within((tenant, { params }, state) => {
    passTime(state, tenant.customer.id);
    const job = jobsOf(state).of(tenant.customer.id).get(params.batchTrackingId!.toLowerCase());
    if (job === undefined) return refuse(404, '1000', `There is no job ${params.batchTrackingId}.`);
    return ok(
      typed('BatchUploadDetails', {
        batchTrackingId: job.id,
        status: job.completedTime === undefined ? 'processing' : 'finished',
        startedTime: job.startedTime,
        ...(job.completedTime === undefined ? {} : { completedTime: job.completedTime }),
        devicesStatus: job.devicesStatus,
      }),
    );
  }),
};

/** Devices that nobody could tell from others are refused (page device-deployment-resources). */
function unusable(wanted: unknown): Reply | undefined {
  if (!Array.isArray(wanted) || wanted.length === 0) return refuse(400, '3000', 'Devices is missing.');
  return (wanted as readonly Fields[]).every(isKnowable)
    ? undefined
    : refuse(
        400,
        '3000',
        'A device needs HardwareHash, ProductKey, or SerialNumber with OemManufacturerName and ModelName.',
      );
}

/** Where the job's status is, relative and without the version. */
function accepted(tenant: Tenant, { id }: Job): Reply {
  return { status: 202, headers: { location: `/customers/${tenant.customer.id}/batchJobStatus/${id}` } };
}

function withBatch(tenant: Tenant, { params }: Call, state: State, act: (batch: Batch) => Reply): Reply {
  const batch = batchesOf(state).of(tenant.customer.id).get(params.deviceBatchId!.toLowerCase());
  return batch === undefined
    ? refuse(404, '1000', `There is no device batch ${params.deviceBatchId}.`)
    : act(batch);
}

function withDevice(tenant: Tenant, call: Call, state: State, act: (device: Device) => Reply): Reply {
  return withBatch(tenant, call, state, (batch) => {
    const device = inBatch(tenant, batch, state).find(({ id }) => id === call.params.deviceId?.toLowerCase());
    return device === undefined
      ? refuse(404, '1000', `There is no device ${call.params.deviceId} in the batch ${batch.id}.`)
      : act(device);
  });
}

function inBatch(tenant: Tenant, { id }: Batch, state: State): readonly Device[] {
  return [...devicesOf(state).of(tenant.customer.id).values()].filter(({ batchId }) => batchId === id);
}

function batchBody(tenant: Tenant, batch: Batch, state: State): Fields {
  const open = [...jobsOf(state).of(tenant.customer.id).values()].some(
    ({ batchId, completedTime }) => batchId === batch.id && completedTime === undefined,
  );
  const uri = `/customers/${tenant.customer.id}/deviceBatches/${batch.id}/devices`;
  return typed('DeviceBatch', {
    ...batch,
    status: open ? 'processing' : 'finished',
    devicesCount: inBatch(tenant, batch, state).length,
    devicesLink: { uri, method: 'GET', headers: [] },
  });
}

/** Hashes are not shown again, as in the page's sample. */
function deviceBody({ batchId: _, hardwareHash: __, ...shown }: Device): Fields {
  return typed('Device', shown);
}

/** The next page is asked for by the token of this one, in a header. */
function page({ path, headers }: Call, all: readonly Device[], state: State): Reply {
  const token = headers['ms-continuationtoken'];
  const start = token === undefined ? 0 : Number(Buffer.from(String(token), 'base64').toString());
  if (!Number.isInteger(start)) return refuse(400, '3000', 'The continuation token is not valid.');
  const end = start + Math.min(pageSize, state.behaviour.pageLimit);
  const uri = path.replace(/^\/v1/u, '');
  const shown = all.slice(start, end).map(deviceBody);
  if (end >= all.length) return ok(collection(shown, uri));
  const next = Buffer.from(String(end)).toString('base64');
  return ok({ ...collection(shown, uri, { uri, token: next }), continuationToken: next });
}
