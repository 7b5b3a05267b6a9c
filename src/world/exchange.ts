import type { Dispatcher } from 'undici';
import { onAbort } from './abort.ts';
import { TransportError, type WireAnswer, type WireRequest } from './world.ts';

/** Answers larger than this are no answers of Partner Center. */
const bodyBytesMax = 32 * 1024 * 1024;

export interface ExchangeOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Called when the request has its connection and is about to be written: making one takes time enough for a laptop to
   * fall asleep in. What it throws is thrown, and nothing is written.
   */
  readonly leaving?: (() => void) | undefined;
}

/**
 * One request and its answer, by undici's `dispatch`: `request` makes a stream of every answer, which costs as much as
 * all else of an exchange.
 */
export function exchange(
  agent: Dispatcher,
  request: WireRequest,
  { signal, leaving }: ExchangeOptions,
): Promise<WireAnswer> {
  if (signal?.aborted === true) {
    const why = 'stopped before the request left';
    return Promise.reject(new TransportError(why, { sent: 'no', reason: 'aborted' }));
  }
  return new Promise((resolve, reject) => {
    /** Set once the request is about to be written: until then it has surely not left. */
    let writing: Dispatcher.DispatchController | undefined;
    let over = false;
    const end = () => {
      over = true;
      clearTimeout(timer);
      unlink?.();
    };
    const fail = (error: unknown) => {
      if (over) return;
      end();
      reject(error);
    };
    const abandon = (reason: 'timeout' | 'aborted' | 'tooLarge', why: string) => {
      const error = new TransportError(why, { sent: writing === undefined ? 'no' : 'maybe', reason });
      fail(error);
      writing?.abort(error);
    };
    const answer = collect(() => abandon('tooLarge', 'the answer is larger than 32 MiB'));
    // One timer for the whole exchange: a body that trickles must not outlive it.
    const late = `no answer within ${request.timeoutMs} ms`;
    const timer = setTimeout(abandon, request.timeoutMs, 'timeout', late);
    const unlink = signal && onAbort(signal, () => abandon('aborted', 'stopped before the answer came'));
    agent.dispatch(dispatchOf(request), {
      onRequestStart: (controller) => {
        try {
          if (over) throw new Error('nobody waits for it any more');
          leaving?.();
          writing = controller;
        } catch (error) {
          fail(error);
          throw error;
        }
      },
      onResponseStart: answer.start,
      onResponseData: answer.data,
      onResponseEnd: () => {
        end();
        resolve(answer.end(request.binary === true));
      },
      onResponseError: (_, error) => fail(transportError(error, writing !== undefined)),
    });
  });
}

function dispatchOf(request: WireRequest): Dispatcher.DispatchOptions {
  const { origin, pathname, search } = new URL(request.url);
  return {
    origin,
    path: pathname + search,
    method: request.method as Dispatcher.HttpMethod,
    headers: request.headers,
    body: request.body ?? null,
  };
}

/** Puts an answer together. @param tooLarge called where it does not fit */
function collect(tooLarge: () => void) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let status = 0;
  let headers: WireAnswer['headers'] = {};
  return {
    start: (_: unknown, statusCode: number, told: Headers): void => {
      if (statusCode < 200) return; // early hints and the like: the answer comes later
      status = statusCode;
      headers = flat(told);
    },
    data: (_: unknown, chunk: Uint8Array): void => {
      length += chunk.length;
      if (length > bodyBytesMax) tooLarge();
      else chunks.push(chunk);
    },
    end: (binary: boolean): WireAnswer => {
      const bytes = Buffer.concat(chunks);
      return binary && status < 300
        ? { status, headers, body: '', bytes }
        : { status, headers, body: bytes.toString('utf8') };
    },
  };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function flat(headers: Headers): WireAnswer['headers'] {
  const single = Object.create(null) as Record<string, string>; // headers may be named like what objects have
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) single[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return single;
}

/** What errors of the network mean; a connection that broke while or after the request was written is a `reset`. */
const reasons: Readonly<Record<string, TransportError['reason']>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  CERT_HAS_EXPIRED: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'tls',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
};

/** @param left whether the request may have left: where it was never about to be written it has not */
function transportError(error: Error, left: boolean): TransportError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new TransportError(message === '' ? code || 'the connection failed' : message, {
    sent: left ? 'maybe' : 'no',
    reason: reasons[code] ?? 'other',
    cause: error,
  });
}
