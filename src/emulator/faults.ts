import { createHash } from 'node:crypto';

/** What can go wrong, and what it looks like from outside. */
export const faultKinds = {
  'lost-answer': 'it happens, and the connection breaks before the answer',
  'lost-request': 'the connection breaks before it happens',
  reset: 'it happens, and the connection breaks in the middle of the answer',
  error500: 'an internal error, before it happens',
  error502: 'a gateway error, before it happens',
  error503: 'unavailable, with Retry-After, before it happens',
  error504: 'a gateway timeout, after it happened',
  html: 'a gateway’s page in HTML, before it happens',
  garbage: 'it happens, and the JSON of the answer is cut off',
  throttle: '429 with Retry-After in seconds, as a date, or without',
  slow: 'it happens, and the answer takes a second longer',
  'expire-token': '401, before it happens',
  'no-request-id': 'MS-RequestId is forgotten: a repeat is done twice',
} as const;

export type FaultKind = keyof typeof faultKinds;

interface Fault {
  readonly kind: FaultKind;
  readonly probability: number;
  /** Only for operations whose name begins so. */
  readonly only: string;
}

/** Faults by chance, from a seed. */
export interface Faults {
  /** The fault that befalls a request for an operation, if any. */
  draw(operation: string): FaultKind | undefined;
  readonly injected: Readonly<Record<string, number>>;
  /** A number in [0, 1) from the same seed. */
  next(): number;
}

/**
 * Reads `kind=probability[@operation], …`.
 * @throws Error that names what is wrong with the words
 */
export function makeFaults(spec: string, seed: number): Faults {
  const faults = spec
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map(parse);
  const injected: Record<string, number> = {};
  let drawn = 0;
  const next = (): number => {
    drawn += 1;
    return createHash('sha256').update(`${seed} fault ${drawn}`).digest().readUInt32BE() / 2 ** 32;
  };
  return {
    injected,
    next,
    draw: (operation) => {
      for (const { kind, probability, only } of faults) {
        if (!operation.startsWith(only) || next() >= probability) continue;
        injected[kind] = (injected[kind] ?? 0) + 1;
        return kind;
      }
      return undefined;
    },
  };
}

function parse(word: string): Fault {
  const match = /^([\w-]+)=([\d.]+)(?:@(.+))?$/u.exec(word);
  const kind = match?.[1] ?? '';
  if (match === null || !Object.hasOwn(faultKinds, kind)) {
    throw new Error(
      `'${word}' is no fault; write kind=probability[@operation] with one of ${Object.keys(faultKinds).join(', ')}`,
    );
  }
  const probability = Number(match[2]);
  if (!(probability >= 0 && probability <= 1))
    throw new Error(`the probability of '${word}' is not between 0 and 1`);
  return { kind: kind as FaultKind, probability, only: match[3] ?? '' };
}
