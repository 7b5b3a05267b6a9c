import { expect } from 'vitest';
import { compareOnboarded } from './onboarded.ts';
import type { EmulatorState } from './rig.ts';
import type { Sample } from './sample.ts';

export { onboarding, type Sample } from './sample.ts';

/**
 * Compares the emulator's state with the input, customer by customer: each there once, with its users, licences,
 * agreement and orders, and nothing else.
 */
export function expectOnboarded(state: EmulatorState, sample: Sample): void {
  expect(compareOnboarded(state, sample)).toEqual({ duplicates: [], gaps: [] });
}
