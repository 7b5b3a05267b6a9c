import type { At, Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Auth, Cloud, Operation, Operations, PartnerType } from '../operations/operation.ts';
import type { Playbook, Step } from './playbook.ts';

/** Where calls would go and who would make them, as far as that is known. */
export interface CallerAndPlace {
  readonly target: string;
  readonly cloud: Cloud;
  /** The ways in which the caller can sign in; absent where no credentials are at hand. */
  readonly signIns?: readonly Auth[];
  readonly partner?: PartnerType;
  /** Names of the environment variables that have a value; absent where tokens of one's own hosts are not needed. */
  readonly environment?: ReadonlySet<string>;
}

/**
 * What a playbook asks for that this cloud does not have, or that this caller may not call: each at the step's `uses`.
 * What an operation itself calls (its look-ups, what it merges into, what it polls, how it updates) counts as well.
 * Pure.
 */
export function checkCallable(
  playbook: Pick<Playbook, 'steps'>,
  operations: Operations,
  caller: CallerAndPlace,
): readonly Diagnostic[] {
  return usesOf(playbook.steps).flatMap(({ operation, at }) => {
    const own = judge(operation, undefined, caller, at);
    // What cannot be called at all need not be told of what it would call.
    if (own.length > 0) return own;
    return [
      ...callsOf(operation, operations).flatMap((call) => judge(call.operation, call, caller, at)),
      ...(operation.sandboxOnly ? [onlySandbox(operation, at)] : []),
    ];
  });
}

export interface Use {
  readonly operation: Operation;
  readonly at: At;
}

/** Every operation that a step names, with its place, in the order of the file. */
export function usesOf(steps: readonly Step[]): readonly Use[] {
  return steps.flatMap(usesIn);
}

function usesIn(step: Step): readonly Use[] {
  switch (step.type) {
    case 'operation':
      return [{ operation: step.operation, at: step.usesAt }];
    case 'wait':
      return step.read === undefined ? [] : [{ operation: step.read.operation, at: step.read.usesAt }];
    case 'block':
      return usesOf([...step.steps, ...step.rescue, ...step.finally]);
    case 'assert':
    case 'approve':
      return [];
  }
}

interface Call {
  readonly operation: Operation;
  /** The operation that makes the call, and what for. */
  readonly by: string;
  readonly purpose: string;
}

/**
 * What an operation calls by itself and cannot do without, and what those call; each once. Reading whole what a look-up has
 * found is not among them: what the list shows of it does, where this sign-in may not (plan/look.ts).
 */
function callsOf(
  operation: Operation,
  operations: Operations,
  seen: Set<string> = new Set([operation.name]),
): readonly Call[] {
  const { lookup, satisfied, merge, poll, update, elsewhere } = operation;
  const named = [
    ...[lookup, satisfied].flatMap((look) => [
      [look?.operation, 'to look whether it is done already'],
      [look?.adopt?.operation, 'to find what came of it'],
      [look?.all?.operation, 'to look for all records at once'],
    ]),
    [merge?.operation, 'to read what it changes'],
    [poll?.operation, 'to see how far it is'],
    [update?.operation, 'to change what is there already'],
    [elsewhere?.operation, 'to learn where the file lies'],
  ];
  return named.flatMap(([name, purpose]) => {
    const called = name === undefined || seen.has(name) ? undefined : operations.get(name);
    if (called === undefined) return [];
    seen.add(called.name);
    return [
      { operation: called, by: operation.name, purpose: purpose! },
      ...callsOf(called, operations, seen),
    ];
  });
}

function judge(
  operation: Operation,
  call: Call | undefined,
  caller: CallerAndPlace,
  at: At,
): readonly Diagnostic[] {
  const what =
    call === undefined
      ? `'${operation.name}'`
      : `'${call.by}' calls '${operation.name}' ${call.purpose}, which`;
  const error = (code: Diagnostic['code'], message: string, help: string): readonly Diagnostic[] => [
    { code, severity: 'error', message, at, help },
  ];
  if (!operation.clouds.includes(caller.cloud))
    return error(
      'NOT_IN_CLOUD',
      `${what} does not exist in the ${caller.cloud} cloud`,
      cloudHelp(operation, caller),
    );
  if (caller.partner !== undefined && !operation.partners.includes(caller.partner))
    return error(
      'NOT_FOR_PARTNER',
      `${what} cannot be called by ${partnerWords[caller.partner]}`,
      `it is for ${operation.partners.map((partner) => partnerWords[partner]).join(' and ')}`,
    );
  if (typeof operation.host !== 'string') {
    const { name, token } = operation.host;
    if (token === undefined || caller.environment?.has(token) !== false) return [];
    const help = `set ${token} in the environment, to the bearer token of ${operation.host.url}`;
    return error('CREDENTIALS', `${what} is at ${name}, whose token is not set`, help);
  }
  if (caller.signIns !== undefined && !operation.auth.some((auth) => caller.signIns!.includes(auth)))
    return error('SIGN_IN_KIND', `${what} ${missingSignIn(operation)}`, signInHelp(operation));
  return [];
}

const partnerWords: Readonly<Record<PartnerType, string>> = {
  direct: 'a direct partner',
  provider: 'an indirect provider',
  reseller: 'an indirect reseller',
};

function cloudHelp({ clouds }: Operation, { cloud, target }: CallerAndPlace): string {
  const where = clouds.length === 0 ? 'no cloud has it any more' : `these have it: ${clouds.join(', ')}`;
  return cloud === 'germany'
    ? `the German cloud is retired: it takes no new customers, and much was never there; ${where}`
    : `${where}; the target is ${target}`;
}

function missingSignIn({ auth }: Operation): string {
  return auth.includes('app+user')
    ? 'takes a user’s sign-in, and these credentials are the app’s alone'
    : 'takes the app’s own sign-in, and these credentials are a user’s alone';
}

function signInHelp({ auth }: Operation): string {
  return auth.includes('app+user')
    ? 'set TENANTRY_REFRESH_TOKEN to what the partner user’s consent gave the app (Secure Application Model), or sign in as one with\n    tenantry login'
    : 'set TENANTRY_CLIENT_SECRET or TENANTRY_CLIENT_CERTIFICATE';
}

function onlySandbox({ name }: Operation, at: At): Diagnostic {
  return {
    code: 'SANDBOX_ONLY',
    severity: 'warning',
    message: `'${name}' works in the integration sandbox only`,
    at,
    help: 'with credentials of a partner account that is no sandbox every record will fail here',
  };
}
