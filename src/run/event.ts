import type { RunState, StepError, StepOutcomeName } from '../journal/journal.ts';

/** What happened, for renderers and `--json`. Every variant is plain JSON; readers ignore what they do not know. */
export type RunEvent =
  | {
      readonly event: 'run.started';
      readonly at: number;
      readonly run: {
        readonly id: string;
        readonly playbook: string;
        readonly records: number;
        readonly open: number;
      };
    }
  | {
      readonly event: 'step.settled';
      readonly at: number;
      readonly record: string;
      readonly path: string;
      readonly uses: string;
      readonly outcome: StepOutcomeName;
      readonly error?: StepError;
    }
  | {
      readonly event: 'record.settled';
      readonly at: number;
      readonly index: number;
      readonly record: string;
      readonly outcome: StepOutcomeName;
      readonly error?: StepError;
    }
  | {
      readonly event: 'request';
      readonly at: number;
      readonly operation: string;
      readonly answer: string;
      readonly status?: number;
      readonly ms: number;
      readonly attempt: number;
    }
  | { readonly event: 'throttled'; readonly at: number; readonly group: string; readonly waitMs: number }
  | {
      readonly event: 'limiter';
      readonly at: number;
      readonly inFlight: number;
      readonly waiting: number;
      readonly limit: number;
      /** The allowance that a new pace was learned of: a throttle group, with the customer where it is theirs; `*` for all. */
      readonly pace?: string;
      /** Requests a second at that pace. */
      readonly perSecond?: number;
    }
  | {
      readonly event: 'run.draining';
      readonly at: number;
      readonly inFlight: number;
      readonly reason: string;
    }
  | { readonly event: 'run.finished'; readonly at: number; readonly run: RunTotals };

export interface RunTotals {
  readonly id: string;
  readonly status: RunState;
  /** Why it ended before its last record. */
  readonly reason?: string;
  readonly records: {
    readonly total: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly blocked: number;
    readonly inDoubt: number;
    /** Records that wait for a person's approval. */
    readonly waiting: number;
    /** Not reached because the run was interrupted or stopped. */
    readonly open: number;
  };
  readonly requests: number;
  readonly retries: number;
  readonly throttled: number;
  /** What the run learned of the service's limits. */
  readonly limiter: {
    /** Requests at once. */
    readonly limit: number;
    /** Requests a second by throttle group (`*`: all, `GROUP CUSTOMER`: one customer's), where the service refused more. */
    readonly rates: Readonly<Record<string, number>>;
  };
  readonly elapsedMs: number;
}

export type Listener = (event: RunEvent) => void;
