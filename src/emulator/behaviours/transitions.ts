import { collection, type Fields, ok, type Reply, refuse, typed } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State, Subscription, Tenant } from '../state.ts';
import { type Ware, wareOf } from '../wares.ts';
import type { Behaviour } from './behaviour.ts';
import { selfOf } from './market.ts';
import { makeSubscription } from './new-subscription.ts';
import { withSubscription } from './subscriptions.ts';
import { isoOf } from './term-dates.ts';
import { moveLicences } from './upgrades.ts';

/** Transitions of new commerce: pages transition-a-new-commerce-subscription, get-transitions, transition-resources. */
export const transitions: Readonly<Record<string, Behaviour>> = {
  'subscriptions.listTransitionEligibilities': withSubscription((found, tenant, call, state) => {
    const now = (call.query.get('eligibilityType') ?? 'immediate').toLowerCase() === 'immediate';
    const operationId = state.newId();
    const items = targetsOf(found).map(([catalogItemId, target]) =>
      typed('TransitionEligibility', {
        operationId,
        catalogItemId,
        title: target.title,
        description: target.title,
        quantity: found.fields.quantity,
        // Seats move into a subscription that is there only at once, and never out of a trial.
        subscriptionEligibilities:
          now && found.fields.isTrial !== true ? intoOthers(found, catalogItemId, tenant, state) : [],
        eligibilities: ways.map((transitionType) => ({
          isEligible: hindrances(found).length === 0,
          transitionType,
          errors: hindrances(found),
        })),
      }),
    );
    return ok(collection(items, selfOf(call)));
  }),
  'subscriptions.transition': withSubscription(transition),
  'subscriptions.listTransitions': withSubscription((found, _tenant, call, state) => {
    const wanted = call.query.get('operation-id');
    const own = history(state).entries.filter(
      ({ subscriptionId, fields }) =>
        subscriptionId === found.id && (wanted === null || fields.operationId === wanted),
    );
    for (const entry of own) complete(entry, state);
    return ok(
      collection(
        own.map(({ fields }) => fields),
        selfOf(call),
      ),
    );
  }),
};

const ways = ['transition_only', 'transition_with_license_transfer'] as const;

function targetsOf({ fields }: Subscription): readonly (readonly [string, Ware])[] {
  return (wareOf(fields.offerId)?.becomes ?? []).flatMap((item) => {
    const ware = wareOf(item);
    return ware === undefined ? [] : [[item, ware] as const];
  });
}

function hindrances({ fields, pollsLeft }: Subscription): readonly Fields[] {
  if (fields.status !== 'active')
    return [
      { code: 1, description: "Subscription can't be Transitioned - source subscription isn't active." },
    ];
  if (pollsLeft > 0)
    return [
      {
        code: 2,
        description: "Subscription can't be Transitioned - source subscription isn't provisioned yet.",
      },
    ];
  return [];
}

/** Which of the customer's subscriptions of the target could take the seats, with the documented reasons why not. */
function intoOthers(source: Subscription, item: string, tenant: Tenant, state: State): readonly Fields[] {
  const ends = ({ fields }: Subscription) => Date.parse(String(fields.commitmentEndDate));
  return [...tenant.subscriptions.values()]
    .filter(({ fields }) => fields.offerId === item)
    .map((target) => {
      const { fields } = target;
      const errors: Fields[] = [];
      if (fields.status !== 'active') errors.push({ code: 1, description: 'Subscription is not active.' });
      if (state.now() <= Date.parse(String(fields.cancellationAllowedUntilDate)))
        errors.push({ code: 2, description: 'Subscription is within cancellation window.' });
      if (ends(target) < ends(source))
        errors.push({
          code: 4,
          description: "Subscription term end date is before the source subscription's term end date.",
        });
      return {
        isEligible: errors.length === 0,
        subscriptionId: target.id,
        subscriptionFriendlyName: fields.friendlyName,
        subscriptionTermDuration: fields.termDuration,
        subscriptionBillingCycle: fields.billingCycle,
        errors,
      };
    });
}

interface Entry {
  readonly subscriptionId: string;
  readonly fields: Fields;
  pollsLeft: number;
}

interface History extends Area {
  readonly entries: Entry[];
}

function history(state: State): History {
  return state.area<History>('transitions', () => {
    const entries: Entry[] = [];
    return {
      entries,
      snapshot: () => entries.map(({ subscriptionId, fields }) => ({ subscriptionId, ...fields })),
    };
  });
}

/** After as many looks as provisioning takes a transition has ended. */
function complete(entry: Entry, state: State): void {
  if (entry.pollsLeft < 0) return;
  entry.pollsLeft -= 1;
  if (entry.pollsLeft < 0)
    entry.fields.events = [...(entry.fields.events as Fields[]), event('Completed', state)];
}

function event(status: string, state: State): Fields {
  return typed('TransitionEvent', { name: 'Conversion', status, timestamp: isoOf(state.now()) });
}

function transition(found: Subscription, tenant: Tenant, call: Call, state: State): Reply {
  const body = (call.body ?? {}) as Fields;
  const quantity = Number(body.quantity);
  const target = targetsOf(found).find(([item]) => item === body.toCatalogItemId)?.[1];
  if (target === undefined || hindrances(found).length > 0)
    return refuse(400, '800021', 'The subscription cannot be transitioned to this catalog item.');
  if (!(quantity >= 1 && quantity <= Number(found.fields.quantity)))
    return refuse(
      400,
      '2002',
      `The quantity ${quantity} is not between 1 and ${String(found.fields.quantity)}.`,
    );
  const into =
    body.toSubscriptionId === undefined ? undefined : tenant.subscriptions.get(String(body.toSubscriptionId));
  if (body.toSubscriptionId !== undefined && into?.fields.offerId !== body.toCatalogItemId)
    return refuse(404, '20003', 'The subscription to transition to could not be found.');
  const toSubscriptionId = move(found, { body, quantity, into }, tenant, state);
  if (body.transitionType === ways[1]) moveLicences(tenant, found.licenceSku, target.licenceSku);
  const fields = typed('Transition', {
    operationId: state.newId(),
    ...body,
    fromCatalogItemId: body.fromCatalogItemId ?? found.fields.offerId,
    fromSubscriptionId: found.id,
    toSubscriptionId,
    events: [event('Started', state)],
  });
  history(state).entries.push({
    subscriptionId: found.id,
    fields,
    pollsLeft: state.behaviour.provisioningPolls,
  });
  return ok({ ...fields });
}

interface Moving {
  readonly body: Fields;
  readonly quantity: number;
  readonly into: Subscription | undefined;
}

/** Seats leave the source, which goes with its last one, and arrive in a subscription that is there or a new one. */
function move(source: Subscription, { body, quantity, into }: Moving, tenant: Tenant, state: State): string {
  const left = Number(source.fields.quantity) - quantity;
  const { orderId, billingCycle, termDuration } = source.fields;
  source.fields = { ...source.fields, ...(left === 0 ? { status: 'deleted' } : { quantity: left }) };
  source.version += 1;
  if (into !== undefined) {
    into.fields = { ...into.fields, quantity: Number(into.fields.quantity) + quantity };
    into.version += 1;
    return into.id;
  }
  const line = {
    catalogItemId: body.toCatalogItemId,
    quantity,
    billingCycle: String(body.billingCycle ?? billingCycle).toLowerCase(),
    termDuration: body.termDuration ?? termDuration,
    ...(body.promotionId === undefined ? {} : { promotionId: body.promotionId }),
  };
  return makeSubscription(tenant, line, String(orderId), state)!;
}
