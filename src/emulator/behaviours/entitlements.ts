import { collection, type Fields, ok, refuse } from '../reply.ts';
import type { Area, Order, State, Tenant } from '../state.ts';
import { type Ware, wareOf } from '../wares.ts';
import { type Behaviour, within } from './behaviour.ts';
import { link, selfOf } from './market.ts';
import { endOfTerm, isoOf } from './term-dates.ts';

/** What was bought for good or reserved, by the orders that it came from: page get-a-collection-of-entitlements. */
export const entitlements: Readonly<Record<string, Behaviour>> = {
  'entitlements.list': within((tenant, call, state) => {
    const wanted = ignoringCase(call.query, 'entitlementType')?.toLowerCase();
    const showExpiry = ignoringCase(call.query, 'showExpiry')?.toLowerCase() === 'true';
    const all = [...tenant.orders.values()].flatMap((order) => ofOrder(tenant, order, showExpiry, state));
    const shown = all.filter(({ entitlementType }) => wanted === undefined || entitlementType === wanted);
    return ok(collection(shown, selfOf(call)));
  }),
  'entitlements.getReservations': within((tenant, { params }, state) => {
    const found = [...tenant.orders.values()]
      .flatMap((order) => bought(order).map((one) => ({ ...one, order })))
      .find(
        ({ order, line }) =>
          artifactOf(order, line, state).resourceId.toLowerCase() === params.resourceId?.toLowerCase(),
      );
    return found === undefined
      ? refuse(404, '1000', 'The reservation could not be found.')
      : ok(reservation(found, artifactOf(found.order, found.line, state)));
  }),
};

/** Names in a query are matched without regard to case. */
function ignoringCase(query: URLSearchParams, wanted: string): string | undefined {
  return [...query].find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1];
}

interface Bought {
  readonly line: Fields;
  readonly ware: Ware;
}

/** Lines that give an entitlement, without what was cancelled. */
function bought(order: Order): readonly Bought[] {
  if (order.fields.status === 'cancelled') return [];
  return (order.fields.lineItems as readonly Fields[]).flatMap((line) => {
    const ware = wareOf(line.offerId);
    const gives = ware?.kind === 'reservation' || ware?.productType === 'Software';
    return ware !== undefined && gives && line.quantity !== 0 ? [{ line, ware }] : [];
  });
}

function ofOrder(tenant: Tenant, order: Order, showExpiry: boolean, state: State): readonly Fields[] {
  return bought(order).map(({ line, ware }) => {
    const referenceOrder = {
      id: order.id,
      lineItemId: String(line.lineItemNumber),
      alternateId: order.fields.alternateId,
    };
    const reserved = ware.kind === 'reservation';
    const entitlementType = reserved ? 'reservedinstance' : 'software';
    const expiry = expiryOf(order, line);
    return {
      includedEntitlements: (ware.includes ?? []).map((included) => {
        const [productId, skuId] = included.split(':');
        const same = { referenceOrder, quantity: line.quantity, entitlementType };
        return { includedEntitlements: [], entitledArtifacts: [], productId, skuId, ...same };
      }),
      referenceOrder,
      productId: ware.productId,
      skuId: ware.skuId,
      skuTitle: ware.title,
      quantity: line.quantity,
      entitledArtifacts: reserved ? [artifact(tenant, artifactOf(order, line, state))] : [],
      entitlementType,
      ...(reserved ? { dynamicAttributes: { reservationType: ware.attributes?.reservationType } } : {}),
      ...(showExpiry && expiry !== undefined ? { expiryDate: expiry } : {}),
    };
  });
}

function expiryOf(order: Order, { termDuration }: Fields): string | undefined {
  if (typeof termDuration !== 'string' || termDuration === '') return undefined;
  return isoOf(endOfTerm(order.createdAt, termDuration));
}

interface ArtifactIds {
  readonly groupId: string;
  readonly lineItemId: string;
  readonly resourceId: string;
  readonly reservationId: string;
}

interface Artifacts extends Area {
  readonly ids: Map<string, ArtifactIds>;
}

/** Ids of the reservation behind a line, made when they are first asked for. */
function artifactOf(order: Order, line: Fields, state: State): ArtifactIds {
  const { ids } = state.area<Artifacts>('reservations', () => {
    const made = new Map<string, ArtifactIds>();
    return { ids: made, snapshot: () => [...made.values()].map((artifact) => ({ ...artifact })) };
  });
  const key = `${order.id} ${String(line.lineItemNumber)}`;
  const known = ids.get(key);
  if (known !== undefined) return known;
  const [groupId, lineItemId, resourceId, reservationId] = [1, 2, 3, 4].map(() => state.newId());
  const artifact = {
    groupId: groupId!.replaceAll('-', ''),
    lineItemId: lineItemId!,
    resourceId: resourceId!,
    reservationId: reservationId!,
  };
  ids.set(key, artifact);
  return artifact;
}

function artifact(tenant: Tenant, { groupId, lineItemId, resourceId }: ArtifactIds): Fields {
  const base = `/customers/${tenant.customer.id}/artifacts/reservedinstance`;
  return {
    link: link(`${base}/groups/${groupId}/lineitems/${lineItemId}/resource/${resourceId}`),
    resourceId,
    artifactType: 'reservedinstance',
  };
}

function reservation(
  { line, order }: Bought & { readonly order: Order },
  { reservationId }: ArtifactIds,
): Fields {
  const { scope } = (line.provisioningContext ?? {}) as Fields;
  return {
    type: 'reservedinstance',
    virtualMachineReservations: [
      {
        reservationId,
        scopeType: String(scope ?? 'shared').toLowerCase() === 'single' ? 'Single' : 'Shared',
        quantity: line.quantity,
        expiryDateTime: expiryOf(order, { termDuration: line.termDuration ?? 'P1Y' }),
        effectiveDateTime: isoOf(order.createdAt),
        provisioningState: 'Created',
      },
    ],
  };
}
