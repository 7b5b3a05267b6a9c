import type { PartFailure } from '../operations/operation.ts';
import { pathOf } from '../operations/template.ts';
import { sameAs } from '../plan/same-as.ts';
import { asText } from '../schema/as-text.ts';

/**
 * What failed in an answer whose status says success, line by line; undefined where nothing did. A checkout can
 * order some lines of its cart only (page checkout-a-cart), and a batch that is finished hold devices that were
 * not taken (page get-the-status-of-a-device-batch-upload).
 */
export function partFailureOf(failure: PartFailure | undefined, answer: unknown): string | undefined {
  if (failure === undefined) return undefined;
  const failed = partsOf(pathOf(answer, failure.path)).filter((part) => hasFailed(failure, part));
  if (failed.length === 0) return undefined;
  return `${failure.message}: ${failed.map((part) => nameOf(failure, part) + wordsOf(part)).join('; ')}`;
}

/** What a success status says did not succeed: a list of errors, or one. */
function partsOf(parts: unknown): readonly unknown[] {
  if (Array.isArray(parts)) return parts;
  return typeof parts === 'object' && parts !== null ? [parts] : [];
}

function hasFailed({ where = {} }: PartFailure, part: unknown): boolean {
  return Object.entries(where).every(([path, values]) =>
    values.some((value) => sameAs(pathOf(part, path), value)),
  );
}

function nameOf({ name = [] }: PartFailure, part: unknown): string {
  const named = name.map((path) => pathOf(part, path)).find((value) => typeof value === 'string');
  return named === undefined ? '' : `${String(named)} `;
}

/** The words of one part that failed, whatever the service calls them. */
function wordsOf(part: unknown): string {
  const words = ['description', 'errorDescription', 'message']
    .map((name) => pathOf(part, name))
    .find((value) => typeof value === 'string');
  const code = pathOf(part, 'code') ?? pathOf(part, 'errorCode');
  if (words === undefined) return JSON.stringify(part);
  return code === undefined ? String(words) : `${asText(code)}: ${String(words)}`;
}
