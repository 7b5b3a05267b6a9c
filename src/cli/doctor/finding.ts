import { DiagnosticsError } from '../../diagnostics/diagnostic.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'doubtful' | 'broken';
  /** What was found, in a sentence without a full stop. */
  readonly message: string;
  /** What to do. */
  readonly help?: string;
}

export function fine(name: string, message: string): Finding {
  return { name, status: 'ok', message };
}

export function doubtful(name: string, message: string, help: string): Finding {
  return { name, status: 'doubtful', message, help };
}

/** What an error says of the thing that was looked at. */
export function broken(name: string, error: unknown, help?: string): Finding {
  const first = error instanceof DiagnosticsError ? error.diagnostics[0] : undefined;
  const message = first?.message ?? (error instanceof Error ? error.message : String(error));
  const todo = help ?? first?.help;
  return { name, status: 'broken', message, ...(todo === undefined ? {} : { help: todo }) };
}
