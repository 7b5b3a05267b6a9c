import type { RunState } from '../journal/journal.ts';
import { Interrupted } from './context.ts';

/** Why a run ends before its last record, and the signal that tells everyone. */
export interface Ending {
  readonly signal: AbortSignal;
  /** The state that the run then has; undefined while nothing ended it. */
  readonly state: RunState | undefined;
  /** Why, in words. */
  readonly reason: string | undefined;
  /** What no record can survive: thrown once everything that was begun has ended. */
  readonly error: unknown;
  /** The first reason counts; an error is kept whenever it comes. */
  halt(reason: string, how?: { readonly state?: RunState; readonly error?: unknown }): void;
  /** Halts when one of the signals is aborted. @returns the way to let them go, for they outlive the run */
  follow(...signals: readonly AbortSignal[]): () => void;
}

/** @param tell called once, with the first reason */
export function makeEnding(tell: (reason: string) => void): Ending {
  const controller = new AbortController();
  let state: RunState | undefined;
  let error: unknown;
  let why: string | undefined;
  const halt: Ending['halt'] = (reason, how = {}) => {
    error ??= how.error;
    if (state !== undefined) return;
    state = how.state ?? 'interrupted';
    why = reason;
    controller.abort(new Interrupted(reason));
    tell(reason);
  };
  const followOne = (signal: AbortSignal) => {
    const end = () => halt(signal.reason instanceof Error ? signal.reason.message : String(signal.reason));
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    return () => signal.removeEventListener('abort', end);
  };
  return {
    signal: controller.signal,
    get state() {
      return state;
    },
    get reason() {
      return why;
    },
    get error() {
      return error;
    },
    halt,
    follow: (...signals) => {
      const links = signals.map(followOne);
      return () => {
        for (const unlink of links) unlink();
      };
    },
  };
}
