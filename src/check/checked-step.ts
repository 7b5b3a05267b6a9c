import type { Expression } from '../expression/expression.ts';
import type { JsonSchema } from '../schema/schema.ts';
import type { OnError, Playbook, Retry, Step } from './playbook.ts';
import type { StepScope } from './scope.ts';

/** A step and what later steps see of it. */
export interface CheckedStep {
  readonly step: Step;
  /** Schema of `steps.<id>`; undefined for steps without a result. */
  readonly result: JsonSchema | undefined;
  /** For blocks without `forEach`: the steps inside, which are seen by their own ids. */
  readonly inside?: readonly CheckedStep[];
}

/** The fields that every kind of step has. */
export interface CommonFields {
  readonly id: string;
  readonly at: Step['at'];
  readonly if?: Expression;
  readonly forEach?: NonNullable<Step['forEach']>;
  readonly needs: readonly string[];
  readonly onError: OnError;
  readonly retry: Retry;
  readonly timeoutMs?: number;
}

/** A playbook as those that use it see it. */
export interface UsablePlaybook {
  readonly playbook: Playbook;
  /** The names that its outputs see, so that it is known which of them always have a value. */
  readonly scope: StepScope;
}
