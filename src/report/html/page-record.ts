/** One step of a record as the page shows it. All of it is text; the page shows nothing of it as markup. */
export interface PageStep {
  readonly path: string;
  /** Operation, or `assert`, `wait`. */
  readonly uses: string;
  readonly sign: string;
  /** The action or the outcome: the sign in words. */
  readonly word: string;
  readonly note?: string;
  /** What to do about it. */
  readonly help?: string;
  /** Path of what changes, what it is and what it shall be. */
  readonly changes?: readonly (readonly [path: string, is: string, shall: string])[];
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly over?: string;
  };
  /** What the step is given, where nothing is sent. */
  readonly inputs?: unknown;
  /** What was journaled of it, in order. */
  readonly log?: readonly string[];
}

export interface PageRecord {
  readonly key: string;
  readonly row: number;
  /** Bits of the filters that it has. */
  readonly flags: number;
  /** A line that says what happens to it. */
  readonly summary: string;
  readonly problems: readonly string[];
  readonly steps: readonly PageStep[];
}
