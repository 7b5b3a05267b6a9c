import { collection, ok, typed } from '../reply.ts';
import { skus } from '../seed.ts';
import type { Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/** Licences come from provisioned subscriptions and go with assignments: page get-a-list-of-available-licenses. */
export const licenses: Readonly<Record<string, Behaviour>> = {
  'licenses.listSubscribedSkus': within((tenant, { path, query }) => {
    const groups = query.getAll('licenseGroupIds').map((group) => group.toLowerCase());
    const shown = subscribedSkus(tenant).filter(
      ({ id }) => groups.length === 0 || groups.includes(skus.get(id)?.group ?? ''),
    );
    return ok(
      collection(
        shown.map(({ id, totalUnits, consumedUnits, availableUnits }) =>
          typed('SubscribedSku', {
            availableUnits,
            activeUnits: totalUnits,
            consumedUnits,
            suspendedUnits: 0,
            totalUnits,
            warningUnits: 0,
            productSku: { id, ...skuNames(id) },
            servicePlans: [],
            capabilityStatus: 'Enabled',
          }),
        ),
        path,
      ),
    );
  }),
};

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
  readonly name: string;
  readonly skuPartNumber: string;
  readonly targetType: string;
  readonly licenseGroupId: string;
} {
  const sku = skus.get(id);
  return {
    name: sku?.name ?? id,
    skuPartNumber: sku?.part ?? 'UNKNOWN',
    targetType: 'User',
    licenseGroupId: sku?.group ?? 'group1',
  };
}
