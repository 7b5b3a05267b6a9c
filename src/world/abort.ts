/** What waits for a signal. Node.js looks through all listeners of a signal to take one off; hundreds come and go a second. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `act` when the signal is aborted, with one listener on the signal however many wait for it.
 * @returns the way to wait no longer
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const all = waiting.get(signal) ?? listen(signal);
  // Its own function: the same one may wait twice.
  const own = () => act();
  all.add(own);
  return () => {
    all.delete(own);
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(signal, all);
  signal.addEventListener(
    'abort',
    () => {
      for (const act of all) act();
      all.clear();
    },
    { once: true },
  );
  return all;
}
