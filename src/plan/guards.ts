import type { Guard, Playbook } from '../check/playbook.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { EvaluationError, evaluate } from '../expression/evaluate.ts';

/** What guards may ask of a plan: how many actions change something, and sums of what they are given. */
export interface PlanCounts {
  count(operation: string): number;
  sum(operation: string, path: string): number;
}

/** The sums that guards ask for, so that they can be made while the plan streams by. */
export function sumsWanted(
  guards: readonly Guard[],
): readonly { readonly operation: string; readonly path: string }[] {
  return guards.flatMap(({ check }) =>
    [...check.source.matchAll(/plan\.sum\(\s*["']([^"']*)["']\s*,\s*["']([^"']*)["']\s*\)/gu)].map(
      ([, operation, path]) => ({ operation: operation!, path: path! }),
    ),
  );
}

/** Guards that do not hold for a plan, with the numbers that they saw. */
export function checkGuards(
  playbook: Playbook,
  parameters: Readonly<Record<string, unknown>>,
  counts: PlanCounts,
): readonly Diagnostic[] {
  return playbook.guards.flatMap((guard): readonly Diagnostic[] => {
    const failed = (detail: string): readonly Diagnostic[] => [
      {
        code: 'GUARD',
        severity: 'error',
        message: `${guard.message} (${guard.check.source}${detail})`,
        at: guard.at,
        help: 'nothing is applied while a guard does not hold',
      },
    ];
    try {
      const functions = {
        count: (operation: string) => counts.count(operation),
        sum: (operation: string, path: string) => counts.sum(operation, path),
      };
      return evaluate(guard.check, { params: parameters }, functions) === true
        ? []
        : failed(`: ${seen(guard, counts)}`);
    } catch (error) {
      if (error instanceof EvaluationError) return failed(`: ${error.message}`);
      throw error;
    }
  });
}

function seen({ check }: Guard, counts: PlanCounts): string {
  const asked = [...check.source.matchAll(/plan\.count\(\s*["']([^"']*)["']\s*\)/gu)].map(
    ([text, operation]) => `${text} is ${counts.count(operation!)}`,
  );
  const sums = sumsWanted([{ check } as Guard]).map(
    ({ operation, path }) => `plan.sum("${operation}", "${path}") is ${counts.sum(operation, path)}`,
  );
  return [...asked, ...sums].join(', ');
}
