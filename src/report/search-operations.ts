import type { Operation } from '../operations/operation.ts';
import { describeOperation } from './describe-operation.ts';

/**
 * Operations that speak of every word, the best first: names count more than summaries, those more than fields,
 * errors and pages.
 */
export function searchOperations(all: readonly Operation[], words: readonly string[]): readonly Operation[] {
  const wanted = words.map((word) => word.toLowerCase()).filter((word) => word !== '');
  return all
    .map((operation) => ({ operation, score: scoreOf(operation, wanted) }))
    .filter(({ score }) => score > 0 || wanted.length === 0)
    .sort((a, b) => b.score - a.score || (a.operation.name < b.operation.name ? -1 : 1))
    .map(({ operation }) => operation);
}

function scoreOf(operation: Operation, words: readonly string[]): number {
  const { inputs, results, errors } = describeOperation(operation);
  const weighed: readonly (readonly [number, readonly string[]])[] = [
    [16, [operation.name]],
    [8, [operation.summary]],
    [4, inputs.flatMap(({ path, description }) => [path, description])],
    [2, [...results.map(({ path }) => path), ...errors.flatMap(({ status, meaning }) => [status, meaning])]],
    [1, [operation.page, operation.path, operation.deprecated?.reason ?? '']],
  ];
  const scores = words.map((word) => {
    const found = weighed.filter(([, texts]) => texts.some((text) => text.toLowerCase().includes(word)));
    const isPartOfName = operation.name.toLowerCase().split('.').includes(word);
    return found.reduce((sum, [weight]) => sum + weight, isPartOfName ? 32 : 0);
  });
  return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, 0);
}
