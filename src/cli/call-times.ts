import type { Session } from './session.ts';

/** Calls whose times are kept: enough for a median. */
const mostTimed = 1_000;

/**
 * Listens to the calls of a session and times them.
 * @returns the median so far, in seconds; undefined before the first answer
 */
export function timeCalls(session: Pick<Session, 'listen'> | undefined): () => number | undefined {
  const times: number[] = [];
  session?.listen((event) => {
    if (event.event === 'request' && times.length < mostTimed) times.push(event.ms);
  });
  return () => {
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
    return median === undefined ? undefined : median / 1_000;
  };
}
