import { collection, type Fields, ok, typed } from '../reply.ts';
import type { State, Tenant } from '../state.ts';
import { dayOf, deploymentRows, usageRows } from './analytics-rows.ts';
import { type Behaviour, within } from './behaviour.ts';
import { sumOf } from './insights.ts';

/** The four older calls: pages get-partner-licenses-deployment-information, get-customer-licenses-usage-information and their kin. */
export const licenceAnalytics: Readonly<Record<string, Behaviour>> = {
  'analytics.getPartnerLicensesDeployment': ({ path }, state) => {
    const rows = deploymentRows(state.tenants.values(), today(state));
    return ok(collection(byService(rows, [], partnerDeployment), path));
  },
  'analytics.getPartnerLicensesUsage': ({ path }, state) => {
    const rows = usageRows(state.tenants.values(), today(state));
    return ok(collection(byService(rows, ['workloadName'], partnerUsage), path));
  },
  'analytics.getCustomerLicensesDeployment': within((tenant, { path }, state) =>
    ok(
      collection(
        deploymentRows([tenant], today(state)).map((row) => customerDeployment(tenant, row)),
        path,
      ),
    ),
  ),
  'analytics.getCustomerLicensesUsage': within((tenant, { path }, state) =>
    ok(
      collection(
        usageRows([tenant], today(state)).map((row) => customerUsage(tenant, row)),
        path,
      ),
    ),
  ),
};

/** The older calls name a service by its code, and their dates have a zone. */
function shared({ processedDateTime, serviceCode, channel }: Fields): Fields {
  return { processedDateTime: `${String(processedDateTime)}+00:00`, serviceName: serviceCode, channel };
}

function byService(
  rows: readonly Fields[],
  names: readonly string[],
  make: (rows: readonly Fields[]) => Fields,
): readonly Fields[] {
  const groups = Map.groupBy(rows, (row) =>
    JSON.stringify(['serviceCode', 'channel', ...names].map((name) => row[name])),
  );
  return [...groups.values()].map(make);
}

function partnerDeployment(rows: readonly Fields[]): Fields {
  const licensesSold = sumOf('licensesSold')(rows);
  const proratedDeploymentPercent = percent(sumOf('licensesDeployed')(rows), licensesSold);
  return typed('PartnerLicensesDeploymentInsights', {
    proratedDeploymentPercent,
    licensesSold,
    ...shared(rows[0] ?? {}),
  });
}

function partnerUsage(rows: readonly Fields[]): Fields {
  return typed('PartnerLicensesUsageInsights', {
    proratedLicensesUsagePercent: percent(sumOf('licensesActive')(rows), sumOf('licensesQualified')(rows)),
    workloadName: rows[0]?.workloadName,
    ...shared(rows[0] ?? {}),
  });
}

function customerDeployment({ customer }: Tenant, row: Fields): Fields {
  const { customerName, productName, licensesDeployed, licensesSold } = row;
  return typed('CustomerLicensesDeploymentInsights', {
    customerId: customer.id,
    customerName,
    productName,
    serviceCode: row.serviceCode,
    licensesDeployed,
    deploymentPercent: percent(Number(licensesDeployed), Number(licensesSold)),
    licensesSold,
    ...shared(row),
  });
}

function customerUsage({ customer }: Tenant, row: Fields): Fields {
  const { customerName, productName, licensesActive, licensesQualified, workloadName, workloadCode } = row;
  return typed('CustomerLicensesUsageInsights', {
    customerId: customer.id,
    customerName,
    productName,
    serviceCode: row.serviceCode,
    licensesActive,
    licensesQualified,
    usagePercent: percent(Number(licensesActive), Number(licensesQualified)),
    workloadCode,
    workloadName,
    ...shared(row),
  });
}

/** Of a hundred, to one decimal. */
function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10;
}

export function today(state: State): string {
  return dayOf(state.now());
}
