import type { Operation } from '../operations/operation.ts';
import type { Answer } from './answer.ts';

/**
 * Reads from the service under the limits, with retries: what planning and look-ups are given. Never sends
 * anything but `read` and `list` operations. `list` results hold every page: `{ items, totalCount }`;
 * with `pagesMax` no more than so many, and `incomplete: true` where there are more.
 */
export interface Reader {
  read(
    operation: Operation,
    input: Readonly<Record<string, unknown>>,
    options?: {
      readonly signal?: AbortSignal;
      readonly fresh?: boolean;
      readonly pagesMax?: number;
      /** What `elsewhere` read. */
      readonly base?: unknown;
    },
  ): Promise<Exclude<Answer, { type: 'throttled' }>>;
}
