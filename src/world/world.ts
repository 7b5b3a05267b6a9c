/**
 * All that cannot be predicted: time, chance, the network, the files that a run leaves. Production code reaches them through these
 * interfaces only, so that a simulation can drive every one of them by hand. `real.ts` is the real world.
 */

export interface Clock {
  /** Milliseconds since the Unix epoch; may step backwards. For stamps. */
  now(): number;
  /** Milliseconds that never step backwards. For durations and deadlines. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A random (version 4) UUID. */
  uuid(): string;
}

/** One HTTP request as it goes on the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer is wanted as the bytes that came. */
  readonly binary?: true;
  /** The whole exchange must end within this many milliseconds. */
  readonly timeoutMs: number;
}

/** One HTTP answer as it came. Header names are lower case. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of a `binary` request that succeeded: what came, and `body` is empty. What failed says so in text. */
  readonly bytes?: Uint8Array;
}

/**
 * Why no usable answer came. `sent` tells whether the request can have reached the service: `no` only where
 * the connection was never made, so that sending again is safe whatever the operation.
 */
export class TransportError extends Error {
  readonly sent: 'no' | 'maybe';
  readonly reason: 'timeout' | 'refused' | 'unresolved' | 'reset' | 'tls' | 'aborted' | 'tooLarge' | 'other';

  constructor(
    message: string,
    detail: { sent: TransportError['sent']; reason: TransportError['reason']; cause?: unknown },
  ) {
    super(message, { cause: detail.cause });
    this.name = 'TransportError';
    this.sent = detail.sent;
    this.reason = detail.reason;
  }
}

export interface Transport {
  /**
   * Sends once, never retries, never follows a redirect. Throws TransportError where no answer came.
   * @param leaving called when the connection stands, immediately before anything is written to it; what it throws is
   *   thrown, and nothing is sent
   */
  send(request: WireRequest, signal?: AbortSignal, leaving?: () => void): Promise<WireAnswer>;
  close(): Promise<void>;
}

/** The files that a run leaves behind. Both throw what the system says (no space, no permission). */
export interface Files {
  /** Writes a file whole or not at all and durably; makes the folders above it. Only its owner may read it. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** When what is there was last changed, in milliseconds since the epoch; undefined where nothing is. */
  changedAt(file: string): Promise<number | undefined>;
}

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly files: Files;
}
