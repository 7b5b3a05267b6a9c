import { readyToken } from '../../src/emulator/server.ts';
import type { Rig } from './rig.ts';

/** Sets the scene: customers that are there before a workflow runs. Gives their ids by domain. */
export async function addCustomers(
  rig: Rig,
  customers: Iterable<{ readonly domain: string; readonly companyName?: string; readonly country?: string }>,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const { domain, companyName = domain, country = 'US' } of customers) {
    const { id } = await call<{ readonly id: string }>(rig, 'POST', '/v1/customers', {
      companyProfile: { domain },
      billingProfile: {
        companyName,
        email: `post@${domain}`,
        culture: 'en-US',
        language: 'en',
        defaultAddress: {
          country,
          city: 'Anywhere',
          addressLine1: '1 Way',
          firstName: 'Ada',
          lastName: 'Miller',
        },
      },
    });
    ids.set(domain, id);
  }
  return ids;
}

/** One request to the emulator, as its partner would make it; a refusal fails the test. */
export async function call<T>(rig: Rig, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(rig.url + path, {
    method,
    headers: { authorization: `Bearer ${readyToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text.replace(/^\uFEFF/u, '') || '{}') as T;
}
