import type { Clock, Files } from '../../src/world/world.ts';

export interface MemoryFiles extends Files {
  /** Path → text of every file. */
  readonly texts: Map<string, string>;
  /** Puts a file there that was last changed then. */
  put(file: string, text: string, changedAt: number): void;
  /** The next write fails with this code. */
  fail(code: string): void;
  writes: number;
}

/** A disk in memory. */
export function memoryFiles(clock: Pick<Clock, 'now'>): MemoryFiles {
  const texts = new Map<string, string>();
  const times = new Map<string, number>();
  let failure: string | undefined;
  const files: MemoryFiles = {
    texts,
    writes: 0,
    put: (file, text, changedAt) => {
      texts.set(file, text);
      times.set(file, changedAt);
    },
    fail: (code) => {
      failure = code;
    },
    write: async (file, bytes) => {
      files.writes += 1;
      const code = failure;
      failure = undefined;
      if (code !== undefined)
        throw Object.assign(new Error(`${code}: no space left`), { code, syscall: 'write' });
      files.put(file, new TextDecoder().decode(bytes), clock.now());
    },
    changedAt: async (file) => times.get(file),
  };
  return files;
}
