import { type Fields, ok, refuse } from '../reply.ts';
import type { Area, State } from '../state.ts';
import { catalogItemId, type Ware, wares } from '../wares.ts';
import type { Behaviour } from './behaviour.ts';

/** Catalogue items that there are only so many of: page check-inventory. Every purchase takes from what is left. */
export const inventory: Readonly<Record<string, Behaviour>> = {
  'inventory.check': (call, state) => {
    const body = call.body as {
      readonly targetItems?: readonly Fields[];
      readonly inventoryContext?: Fields;
    };
    if (body === undefined) return refuse(400, '2001', 'The request body is missing.');
    const asked = (body.targetItems ?? []).flatMap(({ productId, skuId }) =>
      wares.filter(
        (ware) => same(ware.productId, productId) && (skuId === undefined || same(ware.skuId, skuId)),
      ),
    );
    const missing = ['customerId', 'azureSubscriptionId'].find(
      (name) => body.inventoryContext?.[name] === undefined,
    );
    if (missing !== undefined && asked.some(({ kind }) => kind === 'reservation'))
      return refuse(400, '400026', `The inventory context item ${missing} is missing.`);
    return ok(asked.map((ware) => item(ware, state)));
  },
};

function same(a: string, b: unknown): boolean {
  return a.toLowerCase() === String(b).toLowerCase();
}

function item(ware: Ware, state: State): Fields {
  const { productId, skuId } = ware;
  const restrictions: Fields[] = [];
  if (ware.restriction !== undefined) {
    const { type, values } = ware.restriction;
    restrictions.push({
      reasonCode: 'NotAvailableForSubscription',
      description: `Restriction identified of type '${type}' with values '${values}'.`,
      properties: { type, values },
    });
  } else if (leftOf(ware, state) <= 0) {
    restrictions.push({ reasonCode: 'OutOfStock', description: 'Nothing is left of it.', properties: {} });
  }
  return { productId, skuId, isRestricted: restrictions.length > 0, restrictions };
}

interface Stock extends Area {
  readonly sold: Map<string, number>;
}

function stockOf(state: State): Stock {
  return state.area('inventory', () => {
    const sold = new Map<string, number>();
    return {
      sold,
      snapshot: () => [...sold].map(([item, quantity]) => ({ catalogItemId: item, sold: quantity })),
    };
  });
}

/** Pieces that can still be sold; none of what is restricted. */
export function leftOf(ware: Ware, state: State): number {
  if (ware.restriction !== undefined) return 0;
  if (ware.stock === undefined) return Number.POSITIVE_INFINITY;
  return ware.stock - (stockOf(state).sold.get(catalogItemId(ware)) ?? 0);
}

/** Takes pieces from what is left, or puts them back where the quantity is negative. */
export function take(ware: Ware, quantity: number, state: State): void {
  if (ware.stock === undefined) return;
  const { sold } = stockOf(state);
  const item = catalogItemId(ware);
  sold.set(item, (sold.get(item) ?? 0) + quantity);
}
