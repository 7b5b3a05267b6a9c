import { offerOf } from '../offers.ts';
import type { Fields } from '../reply.ts';
import type { State, Subscription, Tenant } from '../state.ts';
import { wareOf } from '../wares.ts';
import type { Problem } from './buy.ts';
import { scheduleProblem } from './renewals.ts';

/**
 * One PATCH of the whole resource serves quantity, name, renewal, schedule, suspension, reactivation and
 * cancellation: pages change-the-quantity-of-a-subscription, update-autorenew…, create-scheduled-changes,
 * suspend-a-subscription, reactivate-a-suspended-a-subscription, cancel-an-azure-marketplace-subscription.
 * @returns why it is refused; nothing where it was done
 */
export function patchSubscription(
  tenant: Tenant,
  found: Subscription,
  body: Fields,
  state: State,
): Problem | undefined {
  const { attributes: _, id: __, links: ___, scheduledNextTermInstructions: schedule, ...changed } = body;
  const fields = { ...found.fields, ...changed };
  const problem =
    quantityProblem(found, fields, state) ??
    statusProblem(tenant, found, fields, state) ??
    renewalProblem(found, fields) ??
    (isNewSchedule(found, schedule)
      ? scheduleProblem(schedule as Fields, fields.autoRenewEnabled === true, tenant, state)
      : undefined);
  if (problem !== undefined) return problem;
  // A change before the renewal drops what was scheduled for it, even where the whole resource still names it.
  const { scheduledNextTermInstructions: old, ...rest } = fields;
  const dropped = fields.quantity !== found.fields.quantity || fields.autoRenewEnabled !== true;
  const next = isNewSchedule(found, schedule) ? schedule : dropped ? undefined : old;
  if (fields.status !== found.fields.status) followParent(tenant, found.id, fields.status);
  found.fields = { ...rest, ...(next === undefined ? {} : { scheduledNextTermInstructions: next }) };
  found.version += 1;
  return undefined;
}

const refused = (code: string, text: string, status = 400): Problem => ({ status, code, text });

function isNewSchedule({ fields }: Subscription, schedule: unknown): boolean {
  return (
    schedule !== undefined &&
    JSON.stringify(schedule) !== JSON.stringify(fields.scheduledNextTermInstructions)
  );
}

function quantityProblem(
  { fields: before }: Subscription,
  fields: Fields,
  state: State,
): Problem | undefined {
  const quantity = Number(fields.quantity);
  if (quantity === before.quantity) return undefined;
  if (before.status === 'suspended' && fields.status !== 'active')
    return refused('2001', 'The quantity of a suspended subscription cannot be changed.');
  const ware = wareOf(before.offerId);
  const maximum = ware?.maximum ?? offerOf(before.offerId)?.maximum ?? 1;
  if (!(quantity >= 1 && quantity <= maximum))
    return refused('2002', `The quantity ${quantity} is not between 1 and ${maximum}.`);
  if (ware !== undefined && quantity < Number(before.quantity) && windowIsOver(before, state))
    return refused('800090', 'The quantity of the subscription cannot be reduced.');
  return undefined;
}

function windowIsOver({ cancellationAllowedUntilDate }: Fields, state: State): boolean {
  return (
    cancellationAllowedUntilDate !== undefined &&
    state.now() > Date.parse(String(cancellationAllowedUntilDate))
  );
}

function statusProblem(
  tenant: Tenant,
  { fields: before }: Subscription,
  { status }: Fields,
  state: State,
): Problem | undefined {
  if (status === before.status) return undefined;
  if (status === 'deleted') {
    const kind = wareOf(before.offerId)?.kind;
    if (kind === undefined || kind === 'azurePlan')
      return refused('800096', 'The status of this subscription cannot be updated.');
    return windowIsOver(before, state)
      ? refused('900117', 'You are past the cancellation window. We cannot cancel the purchase.')
      : undefined;
  }
  const parent = tenant.subscriptions.get(String(before.parentSubscriptionId).toLowerCase());
  return status === 'active' && parent !== undefined && parent.fields.status !== 'active'
    ? refused('27009', 'Cannot enable a child subscription, when the parent subscription is not active.', 409)
    : undefined;
}

function renewalProblem({ fields: before }: Subscription, fields: Fields): Problem | undefined {
  return fields.autoRenewEnabled === true &&
    before.autoRenewEnabled !== true &&
    before.billingType === 'usage'
    ? refused('800093', 'The subscription is not eligible for auto-renew.')
    : undefined;
}

/** An add-on cannot be active under a parent that is not (page error-codes, 27009). */
function followParent(tenant: Tenant, parentId: string, status: unknown): void {
  if (status === 'active') return;
  for (const addon of tenant.subscriptions.values()) {
    const isOurs = String(addon.fields.parentSubscriptionId).toLowerCase() === parentId;
    if (isOurs && addon.fields.status === 'active') {
      addon.fields = { ...addon.fields, status };
      addon.version += 1;
    }
  }
}
