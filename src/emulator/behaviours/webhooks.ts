import { STATUS_CODES } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { partner } from '../partner.ts';
import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';
import { pascalCased } from './profiles.ts';

/** The partner's one registration and its test events: page partner-center-webhooks. Answers are in PascalCase there. */
export const webhooks: Readonly<Record<string, Behaviour>> = {
  'webhooks.listEvents': () => ok(events),
  'webhooks.getRegistration': (_call, state) => {
    const { registration } = hooksOf(state);
    if (registration === undefined) return refuse(404, '1000', 'Nothing is registered.');
    const { subscriberId: _, ...shown } = registration;
    return ok(pascalCased(shown));
  },
  'webhooks.register': (call, state) =>
    hooksOf(state).registration === undefined
      ? register(call, state)
      : refuse(409, '3000', 'There is a registration already.'),
  'webhooks.updateRegistration': (call, state) =>
    hooksOf(state).registration === undefined
      ? refuse(404, '1000', 'Nothing is registered.')
      : register(call, state),
  'webhooks.sendTestEvent': sendTestEvent,
  'webhooks.getTestEvent': ({ params }, state) => {
    const found = hooksOf(state).tests.get(params.correlationId!.toLowerCase());
    return found === undefined || found.createdAt < state.now() - 7 * 86_400_000
      ? refuse(404, '1000', `The test event ${params.correlationId} could not be found.`)
      : ok(found.fields);
  },
};

/** Pages partner-center-webhooks and partner-center-webhook-events, the older and the newer. */
const events = [
  'subscription-updated',
  'test-created',
  'usagerecords-thresholdExceeded',
  'referral-created',
  'referral-updated',
  'invoice-ready',
  'azure-fraud-event-detected',
  'dap-admin-relationship-approved',
  'dap-admin-relationship-terminated',
  'dap-admin-relationship-terminated-by-microsoft',
  'reseller-relationship-accepted-by-customer',
  'indirect-reseller-relationship-accepted-by-customer',
  'granular-admin-relationship-approved',
  'granular-admin-access-assignment-activated',
];

interface TestEvent {
  readonly createdAt: number;
  readonly fields: Fields & { status: string; readonly callbackUrl: string; readonly results: Fields[] };
}

interface Hooks extends Area {
  registration: Fields | undefined;
  readonly tests: Map<string, TestEvent>;
}

function hooksOf(state: State): Hooks {
  return state.area<Hooks>('webhooks', () => {
    const hooks: Hooks = {
      registration: undefined,
      tests: new Map(),
      snapshot: () => [
        ...(hooks.registration === undefined ? [] : [hooks.registration]),
        ...[...hooks.tests.values()].map(({ fields }) => fields),
      ],
    };
    return hooks;
  });
}

function register(call: Call, state: State): Reply {
  const { webhookUrl, webhookEvents, signatureTokenToMsSignatureHeader } = (call.body ?? {}) as Fields;
  if (!/^https?:\/\//u.test(String(webhookUrl)) || !URL.canParse(String(webhookUrl)))
    return refuse(400, '3000', 'WebhookUrl is missing or no address.');
  if (!Array.isArray(webhookEvents) || webhookEvents.length === 0)
    return refuse(400, '3000', 'WebhookEvents is missing.');
  const unknown = webhookEvents.find((event) => !events.includes(String(event)));
  if (unknown !== undefined) return refuse(400, '3000', `There is no event ${String(unknown)}.`);
  const hooks = hooksOf(state);
  hooks.registration = {
    subscriberId: hooks.registration?.subscriberId ?? state.newId(),
    webhookUrl,
    webhookEvents,
    ...(signatureTokenToMsSignatureHeader === undefined ? {} : { signatureTokenToMsSignatureHeader }),
  };
  return ok(pascalCased(hooks.registration));
}

/** Two a minute; the registration must hold the event. The delivery goes on after the answer. */
function sendTestEvent(call: Call, state: State): Reply {
  const { registration, tests } = hooksOf(state);
  if (
    registration === undefined ||
    !(registration.webhookEvents as readonly string[]).includes('test-created')
  )
    return refuse(400, '3000', 'The registration does not hold the event test-created.');
  const recent = [...tests.values()].filter(({ createdAt }) => createdAt > state.now() - 60_000);
  if (recent.length >= 2) return tooOften(60 - Math.floor((state.now() - recent.at(-2)!.createdAt) / 1000));
  const correlationId = state.newId();
  const callbackUrl = String(registration.webhookUrl);
  const fields = { correlationId, partnerId: partner.id, status: 'pending', callbackUrl, results: [] };
  tests.set(correlationId, { createdAt: state.now(), fields });
  void deliver(state, fields, {
    EventName: 'test-created',
    ResourceUri: `http://${call.headers.host}/webhooks/v1/registration/validationEvents/${correlationId}`,
    ResourceName: 'test',
    AuditUri: null,
    ResourceChangeUtcDate: new Date(state.now()).toISOString().replace('Z', '+00:00'),
  });
  return ok({ correlationId });
}

function tooOften(seconds: number): Reply {
  return {
    status: 429,
    headers: { 'retry-after': String(seconds) },
    body: { statusCode: 429, message: `Rate limit is exceeded. Try again in ${seconds} seconds.` },
  };
}

/** So many tries, then it is given up; the page says nothing of the time between them. */
const tries = 10;
const pauseMs = 50;

/**
 * Posts an event until it is taken. Nothing ever leaves this machine: an address elsewhere is taken for one that
 * accepts, and the result says that nothing was sent. Events are not signed.
 */
async function deliver(state: State, fields: TestEvent['fields'], event: Fields): Promise<void> {
  if (!isLoopback(fields.callbackUrl)) {
    const responseMessage = 'not sent: the emulator posts to this machine only';
    fields.results.push({ responseCode: 'OK', responseMessage, systemError: false, ...when(state) });
    fields.status = 'completed';
    return;
  }
  for (let tried = 0; tried < tries; tried += 1) {
    const result = await post(fields.callbackUrl, event);
    fields.results.push({ ...result, ...when(state) });
    if (result.responseMessage === '') {
      fields.status = 'completed';
      return;
    }
    await sleep(pauseMs);
  }
  fields.status = 'failed';
}

async function post(url: string, event: Fields): Promise<Fields> {
  try {
    const { status, ok: taken } = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(event),
      headers: { 'content-type': 'application/json' },
      redirect: 'manual', // another address might be another machine's
      signal: AbortSignal.timeout(5_000),
    });
    const name = (STATUS_CODES[status] ?? String(status)).replaceAll(/[ -]/gu, '');
    const responseMessage = taken ? '' : `the callback answered ${status}`;
    return { responseCode: name, responseMessage, systemError: false };
  } catch (error) {
    const responseMessage = `the callback could not be reached: ${(error as Error).message}`;
    return { responseCode: '', responseMessage, systemError: true };
  }
}

function when(state: State): Fields {
  return { dateTimeUtc: new Date(state.now()).toISOString().slice(0, -1) };
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/u.test(hostname);
}
