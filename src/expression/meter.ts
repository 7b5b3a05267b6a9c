/**
 * The engine has no limit of steps: two nested macros over a thousand items each are a million of them, and
 * `[x].map(x, x + x)` doubles with every repetition. So every node that is evaluated costs one, and more where its
 * value is large. Evaluation is synchronous: one budget is in force at a time.
 */
const budget = 2_000_000;
const sizeMax = 1_000_000;

let left = budget;

/** Evaluating takes more than any sensible expression needs. */
export class TooCostly extends Error {
  constructor() {
    super('it takes too many steps, or makes a value that is too large');
    this.name = 'TooCostly';
  }
}

/** Runs `work` with a fresh budget. Throws TooCostly where it is spent. */
export function metered<T>(work: () => T): T {
  const outer = left;
  left = budget;
  try {
    return work();
  } finally {
    left = outer;
  }
}

/** Takes what a function of our own costs from the budget, before it does its work. */
export function charge(steps: number): void {
  left -= Math.ceil(steps);
  if (left < 0) throw new TooCostly();
}

/** Takes the cost of a value that was just evaluated from the budget. */
export function charged<T>(value: T): T {
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : 0;
  left -= 1 + (size >> 3);
  if (left < 0 || size > sizeMax) throw new TooCostly();
  return value;
}
