import pLimit from 'p-limit';

/** Records read ahead of those that run, so that a slot that becomes free is filled at once. */
const lookAhead = 2;

/**
 * Works on items side by side, reading no further ahead than needed: memory does not grow with their number.
 * The first error ends the reading and is thrown once everything that was begun has ended.
 * @param halt aborted: nothing more is begun
 */
export async function schedule<T>(
  items: AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<void>,
  halt: AbortSignal,
): Promise<void> {
  const limit = pLimit(concurrency);
  const failures: unknown[] = [];
  let running = 0;
  let wake = () => {};
  const begin = async (item: T) => {
    if (!halt.aborted && failures.length === 0) await work(item);
  };
  const beginAll = async () => {
    for await (const item of items) {
      if (halt.aborted || failures.length > 0) break;
      running += 1;
      limit(begin, item)
        .catch((error: unknown) => failures.push(error))
        .finally(() => {
          running -= 1;
          wake();
        });
      if (running >= concurrency + lookAhead) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  };
  // An item that cannot be read is an error like others: what was begun ends first.
  await beginAll().catch((error: unknown) => failures.push(error));
  while (running > 0) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  if (failures.length > 0) throw failures[0];
}
