import { pathOf } from '../operations/template.ts';
import type { PlannedAction, PlannedRecord, Unknown } from './plan.ts';
import { isUnknown } from './resolve.ts';

/** One thing that a record buys, as its request says it. */
export type Purchase =
  | {
      readonly type: 'known';
      readonly product: string;
      readonly sku: string;
      readonly term?: string;
      readonly billing?: string;
      readonly quantity: number;
      /** Whether it happens at all is known only after apply. */
      readonly conditional: boolean;
    }
  | { readonly type: 'unknown'; readonly what: string; readonly why: string; readonly quantity?: number };

/** Requests that change what is paid and do not say for which product, or leave the sum to the service. */
const unpriced: Readonly<Record<string, string>> = {
  'subscriptions.updateQuantity': 'the request names the subscription, not the product',
  'subscriptions.transition': 'what is credited for the old term is known only after apply',
  'subscriptions.upgrade': 'what is credited for the old term is known only after apply',
  'subscriptions.convertTrial': 'classic offers are in no price sheet',
  'subscriptions.scheduleChange': 'it is charged at the renewal',
  'orders.changeBillingCycle': 'the request names the order, not its products',
  'orders.addAddon': 'classic offers are in no price sheet',
  'productUpgrades.create': 'the request names the product family only',
};

/** Requests whose lines are bought; those of a cart once it is checked out. */
const buying: ReadonlySet<string> = new Set([
  'carts.create',
  'carts.update',
  'orders.create',
  'orders.createForReseller',
]);

const sent = (action: PlannedAction): boolean =>
  action.action === 'create' ||
  action.action === 'update' ||
  action.action === 'act' ||
  action.action === 'conditional';

/** What a record buys. A cart that the record does not check out costs nothing. */
export function purchasesOf({ actions }: PlannedRecord): readonly Purchase[] {
  const checksOut = actions.some((action) => action.uses === 'carts.checkout' && sent(action));
  return actions.filter(sent).flatMap((action): readonly Purchase[] => {
    const why = unpriced[action.uses];
    if (why !== undefined) {
      const quantity = pathOf(action.with, 'quantity');
      return [
        { type: 'unknown', what: action.uses, why, ...(typeof quantity === 'number' ? { quantity } : {}) },
      ];
    }
    if (!buying.has(action.uses) || (action.uses.startsWith('carts.') && !checksOut)) return [];
    const lines = pathOf(action.with, 'lineItems');
    if (!Array.isArray(lines))
      return [{ type: 'unknown', what: action.uses, why: 'its lines are known only after apply' }];
    return (lines as readonly unknown[]).flatMap((line) => linePurchases(line, { action, actions }));
  });
}

interface Buying {
  readonly action: PlannedAction;
  /** All actions of the record. */
  readonly actions: readonly PlannedAction[];
}

function linePurchases(line: unknown, buying: Buying): readonly Purchase[] {
  const addons = pathOf(line, 'addonItems');
  const own = linePurchase(line, buying);
  return Array.isArray(addons) ? [own, ...addons.map((addon) => linePurchase(addon, buying))] : [own];
}

function linePurchase(line: unknown, { action, actions }: Buying): Purchase {
  const quantity = pathOf(line, 'quantity');
  const counted = typeof quantity === 'number' && Number.isSafeInteger(quantity) && quantity > 0;
  const units = counted ? { quantity } : {};
  const item = pathOf(line, 'catalogItemId') ?? pathOf(line, 'offerId');
  const ware = isUnknown(item) ? readOf(item, action, actions) : wareOf(item);
  if (ware === undefined) {
    const open = isUnknown(item) || item === undefined;
    return open
      ? { type: 'unknown', what: action.uses, why: 'what is bought is known only after apply', ...units }
      : {
          type: 'unknown',
          what: `${action.uses} ${String(item)}`,
          why: 'classic offers are in no price sheet',
          ...units,
        };
  }
  if (!counted)
    return {
      type: 'unknown',
      what: `${ware.product}:${ware.sku}`,
      why: 'how many is known only after apply',
    };
  const term = pathOf(line, 'termDuration');
  const billing = pathOf(line, 'billingCycle') ?? pathOf(action.with, 'billingCycle');
  return {
    type: 'known',
    ...ware,
    ...(typeof term === 'string' ? { term } : {}),
    ...(typeof billing === 'string' ? { billing } : {}),
    quantity,
    conditional: action.action === 'conditional',
  };
}

interface Ware {
  readonly product: string;
  readonly sku: string;
}

/** A catalogItemId is `product:sku:availability`. */
function wareOf(item: unknown): Ware | undefined {
  const [product, sku, availability] = typeof item === 'string' ? item.split(':') : [];
  return product === undefined || sku === undefined || availability === undefined
    ? undefined
    : { product, sku };
}

/**
 * The catalogItemId of an availability that is read when applied begins with the product and the SKU whose
 * availabilities are asked for; only its last part is open.
 */
function readOf(
  { $unknown }: Unknown,
  { path }: PlannedAction,
  actions: readonly PlannedAction[],
): Ware | undefined {
  const [root, id] = $unknown.split('.');
  if (root !== 'steps' || id === undefined) return undefined;
  const named = actions.filter(
    (other) =>
      other.path
        .replace(/\[[^\]]*\]$/u, '')
        .split('.')
        .at(-1) === id,
  );
  const nearest = named
    .filter(({ uses }) => uses.startsWith('availabilities.'))
    .sort((a, b) => sharedLength(b.path, path) - sharedLength(a.path, path))[0];
  const [product, sku] = [pathOf(nearest?.with, 'productId'), pathOf(nearest?.with, 'skuId')];
  return typeof product === 'string' && typeof sku === 'string' ? { product, sku } : undefined;
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
