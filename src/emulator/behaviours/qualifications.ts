import { type Fields, ok, type Reply, refuse } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { State, Tenant } from '../state.ts';
import { type Behaviour, within } from './behaviour.ts';

/** Qualifications: pages (get|update)-customer-qualification-(asynchronous|synchronous). */
export const qualifications: Readonly<Record<string, Behaviour>> = {
  'qualifications.list': within((tenant) => ok(tenant.qualifications.map(seen))),
  'qualifications.add': within(add),
  'qualifications.get': within((tenant) => ok(current(tenant))),
  'qualifications.update': within((tenant, { body, query }) => {
    const problem = problemOf(body, query.get('code'), ['education', 'governmentcommunitycloud']);
    if (problem !== undefined) return problem;
    tenant.qualifications.splice(0, tenant.qualifications.length, {
      qualification: String(body),
      vettingStatus: 'Approved',
    });
    return ok(current(tenant));
  }),
};

function current({ qualifications: held }: Tenant): string {
  return String(held[0]?.qualification ?? 'none').toLowerCase();
}

function problemOf(name: unknown, code: string | null, allowed: readonly string[]): Reply | undefined {
  const word = String(name).toLowerCase();
  if (!allowed.includes(word)) return refuse(400, '800002', `The qualification ${name} cannot be set.`);
  return word === 'governmentcommunitycloud' && (code === null || code === '')
    ? refuse(400, '800002', 'GovernmentCommunityCloud needs a validation code.')
    : undefined;
}

function add(tenant: Tenant, call: Call, state: State): Reply {
  const name = (call.body as Fields | undefined)?.qualification;
  const problem = problemOf(name, call.query.get('code'), [
    'education',
    'governmentcommunitycloud',
    'stateownedentity',
  ]);
  if (problem !== undefined) return problem;
  const word = String(name).toLowerCase();
  const same = ({ qualification }: Fields) => String(qualification).toLowerCase() === word;
  const before = tenant.qualifications.find(same);
  if (before !== undefined && before.vettingStatus !== 'Denied')
    return refuse(409, '600017', 'The customer has this qualification already.');
  // Nobody vets what the state owns.
  const added: Fields =
    word === 'stateownedentity'
      ? { qualification: name }
      : {
          qualification: name,
          vettingStatus: 'InReview',
          vettingCreateDate: new Date(state.now()).toISOString(),
          looksLeft: 1,
        };
  tenant.qualifications.push(added);
  return ok(shown(added), 201);
}

/** Vetting goes on behind the scenes: it is seen once in review, then approved. */
function seen(qualification: Fields): Fields {
  if (qualification.vettingStatus === 'InReview') {
    if (Number(qualification.looksLeft) <= 0) qualification.vettingStatus = 'Approved';
    qualification.looksLeft = Number(qualification.looksLeft) - 1;
  }
  return shown(qualification);
}

function shown({ looksLeft: _, ...fields }: Fields): Fields {
  return fields;
}
