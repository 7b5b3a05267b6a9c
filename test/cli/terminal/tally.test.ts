import { describe, expect, it } from 'vitest';
import { newTally, progressLine, tallyEvent } from '../../../src/cli/terminal/tally.ts';

describe('the line of progress', () => {
  it('says what was learned of the service, and until when it asked to wait', () => {
    const at = Date.parse('2026-01-01T00:00:00Z');
    const tally = newTally('x', 10, at);
    tallyEvent(tally, { event: 'throttled', at, group: 'users', waitMs: 5_000 });
    tallyEvent(tally, { event: 'throttled', at, group: 'users', waitMs: 2_000 });
    tallyEvent(tally, {
      event: 'limiter',
      at,
      inFlight: 3,
      waiting: 2,
      limit: 8,
      pace: 'users',
      perSecond: 97,
    });
    const line = progressLine(tally, at + 1_000);
    expect(line).toContain('throttled 2 times · asked to wait until 00:00:05 UTC');
    expect(line).toContain('service allows 97/s · at most 8 at once');
    expect(progressLine(tally, at + 6_000)).not.toContain('asked to wait');
  });
});
