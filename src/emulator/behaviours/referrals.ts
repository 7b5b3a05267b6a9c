import { type Fields, ok, type Reply } from '../reply.ts';
import type { Call } from '../routes.ts';
import type { Area, State } from '../state.ts';
import type { Behaviour } from './behaviour.ts';
import { patched } from './json-patch.ts';
import { orderOf, referralFilter } from './referral-query.ts';

/** Referrals: pages create-a-referral, get-a-referral-by-id, get-a-list-of-referrals, update-a-referral, patch-a-referral. */
export const referrals: Readonly<Record<string, Behaviour>> = {
  'referrals.list': list,
  'referrals.get': (call, state) =>
    one(call, state, (referral) =>
      ok({ '@odata.context': `${root}/$metadata#Referrals/$entity`, ...linked(referral) }),
    ),
  'referrals.create': create,
  'referrals.update': (call, state) => one(call, state, (before) => replace(before, call, state)),
  'referrals.patch': (call, state) =>
    one(call, state, (before) => {
      const after = Array.isArray(call.body) ? patched(before, call.body as readonly Fields[]) : undefined;
      return after === undefined
        ? refusal(400, 'invalidRequest', 'The patch is malformed; only replace and add work.')
        : change(before, after, state);
    }),
};

type Referral = Fields & { readonly id: string };

interface Referrals extends Area {
  readonly all: Map<string, Referral>;
}

/** All referrals of the partner. */
export function referralsOf(state: State): Referrals {
  return state.area<Referrals>('referrals', () => {
    const all = new Map<string, Referral>();
    return { all, snapshot: () => [...all.values()] };
  });
}

/** This host's own form of an error (page referrals, error codes). */
function refusal(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message, target: 'referral' } } };
}

function one(call: Call, state: State, act: (referral: Referral) => Reply): Reply {
  const id = call.params.referralId!.toLowerCase();
  const found = referralsOf(state).all.get(id);
  return found === undefined
    ? refusal(404, 'itemNotFound', `The referral ${call.params.referralId} could not be found.`)
    : act(found);
}

const root = 'https://api.partner.microsoft.com/v1.0/engagements/referrals';

/** What is kept, with the links that answers have and requests leave out. */
function linked(referral: Referral): Fields {
  const relatedReferrals = {
    uri: `${root}?$filter=engagementId eq '${referral.engagementId}'`,
    method: 'GET',
  };
  return { ...referral, links: { relatedReferrals, self: { uri: `${root}/${referral.id}`, method: 'GET' } } };
}

/** A new referral waits so long for an answer. */
const answerMs = 14 * 86_400_000;

/** Which substatus goes with which status, and what a status may become (page update-a-referral). */
const states: Readonly<
  Record<string, { readonly substatus: readonly string[]; readonly next: readonly string[] }>
> = {
  New: { substatus: ['Pending', 'Received'], next: ['New', 'Active', 'Closed'] },
  Active: { substatus: ['Accepted'], next: ['Active', 'Closed'] },
  Closed: { substatus: ['Won', 'Lost', 'Declined', 'Expired'], next: ['Closed'] },
};

const organization = {
  organizationId: '7d23e5ca-19dc-4eaa-aac8-5e6b559f0d1d',
  organizationName: 'Contoso Company',
};

function create({ body }: Call, state: State): Reply {
  const given = (body ?? {}) as Fields;
  const missing = ['type', 'customerProfile', 'consent', 'details'].find((name) => given[name] === undefined);
  if (missing !== undefined) return refusal(400, 'invalidRequest', `${missing} is missing.`);
  const { status = 'New', substatus = 'Pending' } = given;
  const wrong = stateProblem(status, substatus);
  if (wrong !== undefined) return wrong;
  // What a partner shares with Microsoft it has accepted by that (the page's sample).
  const begun =
    given.type === 'Shared' && status === 'New'
      ? { status: 'Active', substatus: 'Accepted' }
      : { status, substatus };
  const expires = new Date(state.now() + answerMs).toISOString();
  const id = state.newId();
  const now = new Date(state.now()).toISOString();
  const referral: Referral = {
    ...given,
    id,
    engagementId: given.engagementId ?? state.newId(),
    ...organization,
    createdDateTime: now,
    updatedDateTime: now,
    ...(begun.status === 'New' ? { expirationDateTime: expires } : {}),
    ...begun,
    eTag: newEtag(state),
  };
  referralsOf(state).all.set(id, referral);
  return ok(linked(referral));
}

function stateProblem(status: unknown, substatus: unknown): Reply | undefined {
  const known = states[String(status)];
  if (known === undefined) return refusal(400, 'invalidRequest', `There is no status ${String(status)}.`);
  return known.substatus.includes(String(substatus))
    ? undefined
    : refusal(400, 'invalidRequest', `${String(substatus)} does not go with ${String(status)}.`);
}

function newEtag(state: State): string {
  return `"${state.newId()}"`;
}

/** The whole referral comes back, with its etag in If-Match. */
function replace(before: Referral, call: Call, state: State): Reply {
  const match = call.headers['if-match'];
  if (match === undefined) return refusal(400, 'invalidRequest', 'If-Match is missing.');
  if (match !== before.eTag)
    return refusal(412, 'preconditionFailed', 'The eTag is not that of the newest version.');
  const { links: _links, ...given } = (call.body ?? {}) as Fields;
  return change(before, given, state);
}

const fixed = [
  'id',
  'engagementId',
  'organizationId',
  'organizationName',
  'createdDateTime',
  'type',
] as const;

function change(before: Referral, after: Fields, state: State): Reply {
  const wrong = stateProblem(after.status, after.substatus);
  if (wrong !== undefined) return wrong;
  if (states[String(before.status)]?.next.includes(String(after.status)) === false)
    return refusal(400, 'invalidRequest', `${String(before.status)} cannot become ${String(after.status)}.`);
  const kept = Object.fromEntries(
    fixed.filter((name) => before[name] !== undefined).map((name) => [name, before[name]]),
  );
  const now = new Date(state.now()).toISOString();
  const accepted = after.status === 'Active' && before.status === 'New' ? { acceptedDateTime: now } : {};
  const referral = {
    ...after,
    ...kept,
    ...accepted,
    updatedDateTime: now,
    eTag: newEtag(state),
  } as unknown as Referral;
  referralsOf(state).all.set(before.id, referral);
  return ok(linked(referral));
}

/** A hundred a page; the link to the next one is absolute and says where it begins. */
function list({ query, path, headers }: Call, state: State): Reply {
  const matches = referralFilter(query.get('$filter'));
  const compare = orderOf(query.get('$orderby'));
  if (matches === undefined || compare === undefined)
    return refusal(400, 'invalidRequest', 'The filter or the order is malformed.');
  const all = [...referralsOf(state).all.values()].filter(matches).sort(compare);
  const size = Math.min(100, state.behaviour.pageLimit);
  const start = Number(query.get('$skiptoken') ?? 0);
  const page = {
    '@odata.context': `${root}/$metadata#Referrals`,
    '@odata.count': Math.min(size, all.length - start),
    value: all.slice(start, start + size).map(linked),
  };
  if (start + size >= all.length) return ok(page);
  const next = new URLSearchParams(query);
  next.set('$skiptoken', String(start + size));
  return ok({ ...page, '@odata.nextLink': `http://${headers.host}${path}?${next}` });
}
