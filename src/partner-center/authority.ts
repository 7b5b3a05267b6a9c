import type {
  AuthenticationResult,
  Configuration,
  INetworkModule,
  NetworkRequestOptions,
  NetworkResponse,
} from '@azure/msal-node';
import type { Auth } from '../operations/operation.ts';
import { type Transport, TransportError, type World } from '../world/world.ts';
import type { Target } from './clouds.ts';
import type { AppCredentials } from './credentials.ts';
import { readProof } from './proof.ts';
import { jsonOf } from './service-error.ts';
import { signInError, unreachableError } from './sign-in-error.ts';

/** What the authority gave. */
export interface Grant {
  readonly token: string;
  readonly livesMs: number;
  /** The refresh token that takes the place of the one that was used. */
  readonly refreshToken?: string;
  readonly user?: string;
  /** The user's tenant, by its id. */
  readonly tenantId?: string;
}

export interface Asking {
  readonly target: Target;
  readonly world: World;
  readonly scope: string;
}

const timeoutMs = 30_000;
/** A token that does not say how long it lives is used for this long. */
const livesMsUnsaid = 5 * 60_000;

/**
 * One token for the app alone, or by a refresh token for its user; through msal-node.
 * @throws DiagnosticsError CREDENTIALS or TARGET
 */
export async function grantTo(
  credentials: AppCredentials,
  auth: Auth,
  refreshToken: string | undefined,
  asking: Asking,
): Promise<Grant> {
  const { target, world, scope } = asking;
  const scopes = [scope];
  const proof =
    credentials.proof === undefined || (auth === 'app+user' && credentials.refresh?.byDevice === true)
      ? undefined
      : await readProof(credentials.proof, target, world);
  return withLibrary(
    asking,
    credentials,
    secretsOf(credentials, refreshToken),
    async (library, configuration) => {
      if (auth === 'app') {
        const application = new library.ConfidentialClientApplication(configuration(proof));
        return [application, await application.acquireTokenByClientCredential({ scopes })];
      }
      const application =
        proof === undefined
          ? new library.PublicClientApplication(configuration())
          : new library.ConfidentialClientApplication(configuration(proof));
      const request = { scopes, refreshToken: refreshToken ?? '', forceCache: true };
      return [application, await application.acquireTokenByRefreshToken(request)];
    },
  );
}

/** What a person must do to sign in: open the address, on any machine, and type the code. */
export interface DeviceCode {
  readonly code: string;
  readonly address: string;
  readonly endsInSeconds: number;
}

/** Signs a user in by a code that they type into a browser; waits until they have. */
export async function grantByDevice(
  app: Pick<AppCredentials, 'tenantId' | 'clientId'>,
  asking: Asking,
  show: (code: DeviceCode) => void,
): Promise<Grant> {
  return withLibrary(asking, app, [], async (library, configuration) => {
    const application = new library.PublicClientApplication(configuration());
    const result = await application.acquireTokenByDeviceCode({
      scopes: [asking.scope],
      deviceCodeCallback: ({ userCode, verificationUri, expiresIn }) =>
        show({ code: userCode, address: verificationUri, endsInSeconds: expiresIn }),
    });
    return [application, result];
  });
}

type Library = typeof import('@azure/msal-node');
type Made = readonly [{ getTokenCache(): { serialize(): string } }, AuthenticationResult | null];

async function withLibrary(
  { target, world }: Asking,
  app: Pick<AppCredentials, 'tenantId' | 'clientId'>,
  secrets: readonly string[],
  work: (library: Library, configuration: (auth?: object) => Configuration) => Promise<Made>,
): Promise<Grant> {
  const library = await import('@azure/msal-node');
  // The library wraps what the network says until it cannot be recognised, so it is kept here.
  let unreachable: TransportError | undefined;
  const networkClient = networkThrough(world.transport, target, (error) => {
    unreachable = error;
  });
  try {
    // The library counts from the machine's clock; what holds is how long the token lives.
    const asked = Date.now();
    // A new application each time: its cache would give back the very token that was refused.
    const [application, result] = await work(library, (auth) =>
      configurationOf(target, app, auth, networkClient),
    );
    if (result === null) throw new Error('the authority gave no token');
    const refreshToken = refreshTokenIn(application.getTokenCache().serialize());
    const user = result.account?.username;
    const tenantId = result.tenantId === '' ? undefined : result.tenantId;
    return {
      token: result.accessToken,
      livesMs: result.expiresOn === null ? livesMsUnsaid : result.expiresOn.getTime() - asked,
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(user === undefined || user === '' ? {} : { user }),
      ...(tenantId === undefined ? {} : { tenantId }),
    };
  } catch (error) {
    throw unreachable === undefined
      ? signInError(error, target, secrets)
      : unreachableError(unreachable, target);
  }
}

function configurationOf(
  target: Target,
  { tenantId, clientId }: Pick<AppCredentials, 'tenantId' | 'clientId'>,
  proof: object | undefined,
  networkClient: INetworkModule,
): Configuration {
  const authority = `${target.authority}/${tenantId}`;
  return {
    auth: {
      clientId,
      ...proof,
      authority,
      // The library knows neither the German authority nor one on this machine.
      knownAuthorities: [new URL(authority).host],
      // Known beforehand: no discovery, and an unknown tenant is refused in the words of the token endpoint.
      authorityMetadata: JSON.stringify({
        issuer: `${authority}/v2.0`,
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
      }),
    },
    system: { networkClient },
  };
}

/** The refresh token in the library's cache, the only place where it shows one (with `forceCache`). */
function refreshTokenIn(cache: string): string | undefined {
  const { RefreshToken } = JSON.parse(cache) as {
    readonly RefreshToken?: Readonly<Record<string, { readonly secret: string }>>;
  };
  return Object.values(RefreshToken ?? {})[0]?.secret;
}

function secretsOf({ proof }: AppCredentials, refreshToken: string | undefined): readonly string[] {
  return [
    ...(proof?.type === 'secret' ? [proof.secret] : []),
    ...(proof?.type === 'certificate' && proof.password !== undefined ? [proof.password] : []),
    ...(refreshToken === undefined ? [] : [refreshToken]),
  ];
}

/** The library's requests through our own transport, so that a simulated world sees them too. */
function networkThrough(
  transport: Transport,
  target: Target,
  onUnreachable: (error: TransportError) => void,
): INetworkModule {
  const plain = target.loopback && target.root.startsWith('http:');
  const send = async <T>(
    method: string,
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> => {
    const unreachable = (error: unknown): never => {
      if (error instanceof TransportError) onUnreachable(error);
      throw error;
    };
    if (new URL(url).origin !== new URL(target.authority).origin)
      throw new Error(
        `the sign-in was led to ${new URL(url).origin}, which is not the authority of this cloud`,
      );
    const request = {
      method,
      url: plain ? url.replace(/^https:/u, 'http:') : url,
      headers: options.headers ?? {},
      ...(options.body === undefined ? {} : { body: options.body }),
      timeoutMs,
    };
    const { status, headers, body } = await transport.send(request).catch(unreachable);
    const parsed = jsonOf(body);
    if (parsed === undefined) {
      const message = `the authority answered ${status} with something that is not JSON`;
      return unreachable(new TransportError(message, { sent: 'maybe', reason: 'other' }));
    }
    return { status, headers: { ...headers }, body: parsed as T };
  };
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  };
}
