/** Options that every command has. */
export interface Common {
  readonly target?: string;
  readonly state: string;
  readonly json?: boolean;
  /** False where `--no-color` was given. */
  readonly color: boolean;
  readonly debug?: boolean;
}

/** Options of commands that know operations. */
export interface CatalogueOptions {
  /** Folders of entries that are added to the catalogue. */
  readonly catalog?: readonly string[];
}

/** Options of commands that read a playbook's input. */
export interface InputOptions extends CatalogueOptions {
  readonly input?: string;
  readonly related: readonly string[];
  readonly param: readonly string[];
  readonly params?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly sheet?: string;
}

/** Options of commands that go by a plan that somebody else reviewed. */
export interface TrustOptions {
  /** Public keys, one of which must have signed the plan: a PEM file, or PEM text. */
  readonly requireSignature?: string;
}

/** Options of commands that run. */
export interface RunOptions {
  readonly concurrency?: number;
  readonly results?: string;
  /** File for the outcome as JUnit XML. */
  readonly junit?: string;
}
