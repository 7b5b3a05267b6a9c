import type { Playbook } from '../check/playbook.ts';
import type { Operations } from '../operations/operation.ts';
import { digestsOf } from '../plan/fits.ts';
import type { Digests, PlanHeader } from '../plan/plan.ts';
import type { InputOptions } from './options.ts';
import type { Input } from './records.ts';

/** The files and parameters that a plan was made from, as they are given to a command. */
export function sourcesOf<Options extends InputOptions>(header: PlanHeader, options: Options): Options {
  return {
    ...options,
    input: header.input.file,
    related: pairs(header.input.related),
    param: pairs(header.parameters),
  };
}

function pairs(map: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(map).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
}

/** What a plan is made from. */
export interface PlanSources {
  readonly playbook: Playbook;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly input: Input;
  readonly operations: Operations;
  readonly target: string;
  /** Digest of which rows were chosen, where it is not all of them. */
  readonly selection?: string | undefined;
}

/** The digests of what a plan is made from, as it is now. */
export function digestsNow(sources: PlanSources): Digests {
  const { playbook, parameters, input, operations, target, selection } = sources;
  return digestsOf({
    playbook: playbook.source,
    used: playbook.used,
    input: input.digest,
    related: input.relatedDigests,
    parameters,
    operations: operations.digest,
    catalogues: operations.catalogues ?? [],
    target,
    selection,
  });
}
