import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as timer } from 'node:timers/promises';
import { getCACertificates } from 'node:tls';
import type { Agent, Dispatcher } from 'undici';
import {
  type Clock,
  type Files,
  type Transport,
  TransportError,
  type WireAnswer,
  type WireRequest,
  type World,
} from './world.ts';

const timerMaxMs = 2 ** 31 - 1;

/** The machine's clocks. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      const wait = signal === undefined ? {} : { signal };
      // A timer of more than 24.8 days ends at once.
      let left = Math.max(0, ms);
      for (; left > timerMaxMs; left -= timerMaxMs) await timer(timerMaxMs, undefined, wait);
      await timer(left, undefined, wait);
    } catch (error) {
      // Node wraps the reason in an error of its own; callers tell a timeout from a halt by the reason itself.
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** The machine's disk. */
export const realFiles: Files = {
  write: async (file, bytes) => {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const temporary = `${file}.part`;
    await rm(temporary, { force: true }); // one that a cut left may have other permissions
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  },
  changedAt: async (file) => {
    try {
      return (await stat(file)).mtimeMs;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
};

export interface WorldOptions {
  /** Certificates (PEM) of authorities that are trusted beside those that Node.js trusts. */
  readonly ca?: string;
}

/** Time, chance, network and disk as they are. Nothing is opened before the first request. */
export function realWorld(options: WorldOptions = {}): World {
  const random = { next: Math.random, uuid: randomUUID };
  return { clock: realClock, random, transport: realTransport(options), files: realFiles };
}

/** Answers larger than this are no answers of Partner Center. */
const bodyBytesMax = 32 * 1024 * 1024;
const connections = 256;

function realTransport({ ca }: WorldOptions): Transport {
  // undici costs more start-up than all else; commands that send nothing never load it.
  let opened:
    | Promise<{ readonly undici: typeof import('undici')['default']; readonly agent: Agent }>
    | undefined;
  const open = async () => {
    // undici is CommonJS: a bundle gives its exports as the default one only.
    const undici = (await import('undici')).default;
    return {
      undici,
      agent: new undici.Agent({
        connections,
        pipelining: 1,
        keepAliveTimeout: 30_000,
        // Naming authorities replaces those that are trusted by default (NODE_EXTRA_CA_CERTS among them).
        connect: { timeout: 10_000, ...(ca === undefined ? {} : { ca: [...getCACertificates(), ca] }) },
      }),
    };
  };
  return {
    send: async (request, signal, leaving) => {
      opened ??= open();
      const { undici, agent } = await opened;
      if (leaving === undefined) return exchange(undici, agent, request, signal);
      const watch = watchOf(leaving);
      try {
        return await exchange(undici, agent.compose(watch.interceptor), request, signal);
      } catch (error) {
        if (watch.refusal !== undefined) throw watch.refusal.error;
        throw error;
      }
    },
    close: async () => {
      if (opened !== undefined) await (await opened).agent.destroy();
    },
  };
}

/**
 * Calls `leaving` when a request has its connection and is about to be written: making one takes time enough for a
 * laptop to fall asleep in.
 */
function watchOf(leaving: () => void) {
  const watch: {
    refusal?: { readonly error: unknown };
    readonly interceptor: Dispatcher.DispatcherComposeInterceptor;
  } = {
    interceptor: (dispatch) => (options, handler) => {
      const start = handler.onRequestStart?.bind(handler);
      handler.onRequestStart = (controller, context) => {
        try {
          leaving();
        } catch (error) {
          watch.refusal = { error };
          throw error;
        }
        start?.(controller, context);
      };
      return dispatch(options, handler);
    },
  };
  return watch;
}

async function exchange(
  undici: typeof import('undici')['default'],
  agent: Dispatcher,
  request: WireRequest,
  signal: AbortSignal | undefined,
): Promise<WireAnswer> {
  if (signal?.aborted === true)
    throw new TransportError('stopped before the request left', { sent: 'no', reason: 'aborted' });
  // One timer for the whole exchange: a body that trickles must not outlive it.
  const ended = new AbortController();
  const timeout = setTimeout(
    () =>
      ended.abort(
        new TransportError(`no answer within ${request.timeoutMs} ms`, { sent: 'maybe', reason: 'timeout' }),
      ),
    request.timeoutMs,
  );
  const stop = () =>
    ended.abort(new TransportError('stopped before the answer came', { sent: 'maybe', reason: 'aborted' }));
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const { statusCode, headers, body } = await undici.request(request.url, {
      dispatcher: agent,
      method: request.method as 'GET',
      headers: request.headers,
      body: request.body ?? null,
      signal: ended.signal,
    });
    const answer = { status: statusCode, headers: flat(headers) };
    const bytes = await bytesOf(body);
    return request.binary === true && statusCode < 300
      ? { ...answer, body: '', bytes }
      : { ...answer, body: bytes.toString('utf8') };
  } catch (error) {
    throw transportError(ended.signal.aborted ? ended.signal.reason : error);
  } finally {
    clearTimeout(timeout);
    signal?.removeEventListener('abort', stop);
  }
}

function flat(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  const single = Object.create(null) as Record<string, string>; // headers may be named like what objects have
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) single[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return single;
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > bodyBytesMax)
      throw new TransportError('the answer is larger than 32 MiB', { sent: 'maybe', reason: 'tooLarge' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What each error of the network means: only where no connection was made has the request surely not left. */
const meanings: Readonly<
  Record<string, { readonly sent: 'no' | 'maybe'; readonly reason: TransportError['reason'] }>
> = {
  ECONNREFUSED: { sent: 'no', reason: 'refused' },
  ENOTFOUND: { sent: 'no', reason: 'unresolved' },
  EAI_AGAIN: { sent: 'no', reason: 'unresolved' },
  EHOSTUNREACH: { sent: 'no', reason: 'refused' },
  ENETUNREACH: { sent: 'no', reason: 'refused' },
  UND_ERR_CONNECT_TIMEOUT: { sent: 'no', reason: 'timeout' },
  CERT_HAS_EXPIRED: { sent: 'no', reason: 'tls' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { sent: 'no', reason: 'tls' },
  SELF_SIGNED_CERT_IN_CHAIN: { sent: 'no', reason: 'tls' },
  UNABLE_TO_GET_ISSUER_CERT: { sent: 'no', reason: 'tls' },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { sent: 'no', reason: 'tls' },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { sent: 'no', reason: 'tls' },
  ERR_TLS_CERT_ALTNAME_INVALID: { sent: 'no', reason: 'tls' },
  ERR_SSL_WRONG_VERSION_NUMBER: { sent: 'no', reason: 'tls' },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: { sent: 'no', reason: 'tls' },
  UND_ERR_INVALID_ARG: { sent: 'no', reason: 'other' },
  ECONNRESET: { sent: 'maybe', reason: 'reset' },
  EPIPE: { sent: 'maybe', reason: 'reset' },
  UND_ERR_SOCKET: { sent: 'maybe', reason: 'reset' },
};

function transportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const { sent, reason } = meanings[code ?? ''] ?? { sent: 'maybe', reason: 'other' };
  return new TransportError(
    message === '' || message === undefined ? (code ?? 'the connection failed') : message,
    { sent, reason, cause: error },
  );
}
