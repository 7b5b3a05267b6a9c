import { type Fields, noContent, ok, refuse } from '../reply.ts';
import type { Area, State } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

interface Consents extends Area {
  /** Customer and application → the consent. */
  readonly given: Map<string, Fields>;
}

function consentsOf(state: State): Consents {
  return state.area<Consents>('applicationConsents', () => {
    const given = new Map<string, Fields>();
    return { given, snapshot: () => [...given.values()] };
  });
}

/** Consents for control panel vendors: page control-panel-vendor-apis. */
export const applicationConsents: Readonly<Record<string, Behaviour>> = {
  'applicationConsents.create': within(({ customer }, { body }, state) => {
    const { applicationId, displayName, applicationGrants } = (body ?? {}) as Fields;
    if (applicationId === undefined || !Array.isArray(applicationGrants) || applicationGrants.length === 0)
      return refuse(400, '800002', 'ApplicationId and ApplicationGrants are needed.');
    const { given } = consentsOf(state);
    const key = `${customer.id} ${String(applicationId).toLowerCase()}`;
    if (given.has(key)) return refuse(409, '1000', 'Permission entry already exists.');
    const consent = { applicationId, displayName, applicationGrants };
    given.set(key, { customerId: customer.id, ...consent });
    return ok(consent, 201);
  }),
  'applicationConsents.delete': within(({ customer }, { params }, state) =>
    consentsOf(state).given.delete(`${customer.id} ${params.applicationId!.toLowerCase()}`)
      ? noContent
      : refuse(404, '1000', 'There is no such consent.'),
  ),
};
