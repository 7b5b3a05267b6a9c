import type { Fields } from '../reply.ts';
import { typed } from '../reply.ts';
import type { State } from '../state.ts';
import { type Shelf, shelfOf } from './shelf.ts';

/** A device as it is kept; `batchId` is not shown. */
export interface Device extends Fields {
  readonly id: string;
  readonly batchId: string;
  readonly policies: readonly { readonly key: string; readonly value: string | null }[];
}

export interface Batch extends Fields {
  readonly id: string;
  readonly creationDate: string;
}

/** An upload or a change of policies that takes its time. */
export interface Job extends Fields {
  readonly id: string;
  /** The batch that its devices go into; without one their policies are changed. */
  readonly batchId?: string;
  readonly devices: readonly Fields[];
  readonly startedTime: string;
  completedTime?: string;
  devicesStatus: readonly Fields[];
  looksLeft: number;
}

export const devicesOf = (state: State): Shelf<Device> => shelfOf(state, 'devices');
export const batchesOf = (state: State): Shelf<Batch> => shelfOf(state, 'deviceBatches');
export const policiesOf = (state: State): Shelf<Fields> => shelfOf(state, 'configurationPolicies');
export const jobsOf = (state: State): Shelf<Job> => shelfOf(state, 'deviceJobs');

/** A new job; it is done after as many looks as the provisioning of a subscription takes. */
export function startJob(
  state: State,
  customerId: string,
  devices: readonly Fields[],
  batchId?: string,
): Job {
  const job: Job = {
    id: state.newId(),
    ...(batchId === undefined ? {} : { batchId }),
    devices,
    startedTime: timeOf(state),
    devicesStatus: devices.map((device) => statusOf(device, 'queued')),
    looksLeft: state.behaviour.provisioningPolls,
  };
  jobsOf(state).of(customerId).set(job.id, job);
  return job;
}

/** Time goes by with every look at a customer's batches, devices or jobs. */
export function passTime(state: State, customerId: string): void {
  for (const job of jobsOf(state).of(customerId).values()) {
    if (job.completedTime !== undefined) continue;
    job.devicesStatus = job.devices.map((device) => statusOf(device, 'processing'));
    if (job.looksLeft <= 0) finish(state, customerId, job);
    job.looksLeft -= 1;
  }
}

/** A job that is finished may hold devices that are `finished_with_errors` (page get-the-status-of-a-device-batch-upload). */
function finish(state: State, customerId: string, job: Job): void {
  job.completedTime = timeOf(state);
  const take = job.batchId === undefined ? assign : upload;
  job.devicesStatus = job.devices.map((device) => take(state, customerId, device, job.batchId ?? ''));
}

/** A device belongs to one tenant, and is in one of its batches: 808 and 806 are the words of the deployment service. */
function upload(state: State, customerId: string, wanted: Fields, batchId: string): Fields {
  for (const [owner, device] of devicesOf(state).all()) {
    if (!isSameDevice(device, wanted)) continue;
    return owner === customerId.toLowerCase()
      ? failed(wanted, '806', 'ZtdDeviceAlreadyAssigned')
      : failed(wanted, '808', 'ZtdDeviceAssignedToOtherTenant');
  }
  const { policies, id: _, attributes: __, uploadedDate: ___, ...known } = wanted;
  const id = state.newId();
  const given = policies as Device['policies'] | undefined;
  const device = {
    id,
    batchId,
    ...known,
    policies: given === undefined || given.length === 0 ? [{ key: 'o_o_b_e', value: null }] : given,
    uploadedDate: timeOf(state),
    allowedOperations: ['GET', 'PATCH', 'DELETE'],
  };
  devicesOf(state).of(customerId).set(id, device);
  return { ...statusOf(wanted, 'finished'), deviceId: id };
}

function assign(state: State, customerId: string, wanted: Fields): Fields {
  const devices = devicesOf(state).of(customerId);
  const device = devices.get(String(wanted.id).toLowerCase());
  if (device === undefined) return failed(wanted, '404', 'The device could not be found.');
  const policies = (wanted.policies ?? []) as Device['policies'];
  const missing = policies.find(
    ({ value }) => !policiesOf(state).of(customerId).has(String(value).toLowerCase()),
  );
  if (missing !== undefined) return failed(device, '404', `The policy ${missing.value} could not be found.`);
  devices.set(device.id, { ...device, policies });
  return statusOf(device, 'finished');
}

/** Ways to know a device: by its hash, its product key, or serial number with manufacturer and model (page device-deployment-resources). */
const identities = [['hardwareHash'], ['productKey'], ['serialNumber', 'oemManufacturerName', 'modelName']];

export function isKnowable(device: Fields): boolean {
  return identities.some((names) => names.every((name) => device[name] !== undefined));
}

function isSameDevice(one: Fields, other: Fields): boolean {
  return identities.some((names) =>
    names.every(
      (name) =>
        one[name] !== undefined && String(one[name]).toLowerCase() === String(other[name]).toLowerCase(),
    ),
  );
}

function statusOf(device: Fields, status: string): Fields {
  const named = Object.fromEntries(
    ['serialNumber', 'productKey']
      .filter((name) => device[name] !== undefined)
      .map((name) => [name, device[name]]),
  );
  return typed('DeviceUploadDetails', {
    ...(device.id === undefined ? {} : { deviceId: device.id }),
    ...named,
    status,
  });
}

function failed(device: Fields, errorCode: string, errorDescription: string): Fields {
  return { ...statusOf(device, 'finished_with_errors'), errorCode, errorDescription };
}

export function timeOf(state: State): string {
  return new Date(state.now()).toISOString();
}
