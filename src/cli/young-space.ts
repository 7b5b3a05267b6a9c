import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * V8 gives young objects ever more room, up to 64 MiB and for a moment twice that, and gives none of it back. From here on
 * more room saves no time that can be measured (docs/performance.md), and memory would grow with the number of records.
 */
const enoughBytes = 16 * 1024 * 1024;

let watched = false;

/** Keeps the room for young objects where it is once it is large enough. For commands that stream records; once is enough. */
export function limitYoungSpace(): void {
  if (watched) return;
  watched = true;
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (young !== undefined && young.space_size < enoughBytes) return;
    // V8 reads this one each time that it would grow, so it may be changed while the program runs.
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}
