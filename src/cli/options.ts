/** Options that every command has. */
export interface Common {
  readonly target?: string;
  readonly state: string;
  readonly json?: boolean;
  /** False where `--no-color` was given. */
  readonly color: boolean;
  readonly debug?: boolean;
}

/** Options of commands that read a playbook's input. */
export interface InputOptions {
  readonly input?: string;
  readonly related: readonly string[];
  readonly param: readonly string[];
  readonly params?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly sheet?: string;
}

/** Options of commands that run. */
export interface RunOptions {
  readonly concurrency?: number;
  readonly results?: string;
}
