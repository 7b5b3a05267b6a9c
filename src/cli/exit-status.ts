/** Exit statuses of the command line's contract (docs/architecture.md). */
export const exitStatus = {
  done: 0,
  /** Refused or broken before anything was sent. */
  refused: 1,
  /** `plan --detailed-exitcode`: the plan has changes. */
  changes: 2,
  /** The run finished; some records failed or are in doubt. */
  incomplete: 3,
  /** Interrupted, drained and resumable. */
  interrupted: 130,
} as const;
