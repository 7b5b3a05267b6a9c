import { collection, type Fields, ok, typed } from '../reply.ts';
import { skus } from '../seed.ts';
import type { Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/** Licences come from provisioned subscriptions and go with assignments: pages get-a-list-of-available-licenses(-by-license-group). */
export const licenses: Readonly<Record<string, Behaviour>> = {
  'licenses.listSubscribedSkus': within((tenant, { path, query }) =>
    ok(
      collection(
        subscribedSkus(tenant)
          .filter(({ id }) => isInGroups(query, id))
          .map(({ id, totalUnits, consumedUnits, availableUnits }) =>
            typed('SubscribedSku', {
              availableUnits,
              activeUnits: totalUnits,
              consumedUnits,
              suspendedUnits: 0,
              totalUnits,
              warningUnits: 0,
              productSku: { ...skuNames(id), targetType: 'User' },
              servicePlans: plansOf(id, 'Enabled'),
              capabilityStatus: 'Enabled',
            }),
          ),
        path,
      ),
    ),
  ),
};

/** Without groups the first one is meant (page check-which-licenses-are-assigned-to-a-user). */
export function isInGroups(query: URLSearchParams, id: string): boolean {
  const groups = query.getAll('licenseGroupIds').map((group) => group.toLowerCase());
  return (groups.length === 0 ? ['group1'] : groups).includes(groupOf(id));
}

export function groupOf(id: string): string {
  return skus.get(id)?.group ?? 'group1';
}

/** The service plans of a SKU, without those that are not to be had. */
export function plansOf(id: string, capabilityStatus: string, excluded: readonly string[] = []): Fields[] {
  return (skus.get(id)?.plans ?? [])
    .filter((plan) => !excluded.includes(plan.id))
    .map((plan) => ({ ...plan, capabilityStatus, targetType: 'User' }));
}

export interface Units {
  readonly id: string;
  readonly totalUnits: number;
  readonly consumedUnits: number;
  readonly availableUnits: number;
}

/** Units by subscribed SKU, of all subscriptions that are provisioned and active. */
export function subscribedSkus(tenant: Tenant): readonly Units[] {
  const totals = new Map<string, number>();
  for (const { licenceSku, pollsLeft, fields } of tenant.subscriptions.values()) {
    if (licenceSku === undefined || pollsLeft > 0 || fields.status !== 'active') continue;
    totals.set(licenceSku, (totals.get(licenceSku) ?? 0) + Number(fields.quantity));
  }
  return [...totals].map(([id, totalUnits]) => {
    const consumedUnits = [...tenant.licences.values()].filter((held) => held.has(id)).length;
    return { id, totalUnits, consumedUnits, availableUnits: Math.max(0, totalUnits - consumedUnits) };
  });
}

export function skuNames(id: string): {
  readonly id: string;
  readonly name: string;
  readonly skuPartNumber: string;
  readonly licenseGroupId: string;
} {
  const sku = skus.get(id);
  return {
    id,
    name: sku?.name ?? id,
    skuPartNumber: sku?.part ?? 'UNKNOWN',
    licenseGroupId: groupOf(id),
  };
}
