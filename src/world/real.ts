import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as timer } from 'node:timers/promises';
import { getCACertificates } from 'node:tls';
import type { Agent } from 'undici';
import { exchange } from './exchange.ts';
import type { Clock, Files, Transport, World } from './world.ts';

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

/** Connections at most: each is kept for the next request, and never has two at once. */
const connections = 256;

function realTransport({ ca }: WorldOptions): Transport {
  // undici costs more start-up than all else; commands that send nothing never load it.
  let opened: Promise<Agent> | undefined;
  const open = async () => {
    // undici is CommonJS: a bundle gives its exports as the default one only.
    const undici = (await import('undici')).default;
    return new undici.Agent({
      connections,
      // One request at a time on a connection: where it breaks, one is in doubt and not all that were on their way.
      pipelining: 1,
      // HTTP/2 would put all of them on one connection; and undici sends again by itself what the other side says that it
      // has not processed (GOAWAY, REFUSED_STREAM), which a proxy on the way may say of what it has passed on.
      allowH2: false,
      keepAliveTimeout: 30_000,
      // Each exchange has one time limit of its own, for all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Naming authorities replaces those that are trusted by default (NODE_EXTRA_CA_CERTS among them).
      connect: { timeout: 10_000, ...(ca === undefined ? {} : { ca: [...getCACertificates(), ca] }) },
    });
  };
  return {
    send: async (request, signal, leaving) => {
      opened ??= open();
      return exchange(await opened, request, { signal, leaving });
    },
    close: async () => {
      if (opened !== undefined) await (await opened).destroy();
    },
  };
}
