import type { Node } from '../load/document.ts';
import type { Portion, Rollout } from './playbook.ts';
import { Fields, type Problems, placeOf } from './problems.ts';

/** The last wave, whatever is left. */
const restWord = 'rest';

/** `limits.rollout`: a list of waves, or a map that says more of them. */
export function checkRollout(limits: Fields, problems: Problems): Rollout | undefined {
  const node = limits.get('rollout');
  if (node === undefined) return undefined;
  if (node.type === 'list') return rolloutOf(node.items, {}, problems, node);
  if (node.type !== 'map') {
    limits.wrong('rollout', 'a list of waves, such as [1, 10%, rest]', node);
    return undefined;
  }
  const fields = new Fields(node, 'rollout', problems);
  const waves = fields.required('waves') === undefined ? undefined : fields.list('waves');
  const failuresNode = fields.get('maxFailures');
  const maxFailures =
    failuresNode &&
    portionOf(
      failuresNode,
      { least: 0, what: "'maxFailures'", example: '2, or a share, such as 5%' },
      problems,
    );
  const approve = fields.boolean('approve');
  fields.end(['waves', 'maxFailures', 'approve']);
  return waves && rolloutOf(waves, { maxFailures, approve }, problems, node);
}

function rolloutOf(
  nodes: readonly Node[],
  {
    maxFailures,
    approve,
  }: { readonly maxFailures?: Portion | undefined; readonly approve?: boolean | undefined },
  problems: Problems,
  place: Node,
): Rollout | undefined {
  if (nodes.length === 0) {
    problems.error('MISSING_FIELD', 'a rollout needs at least one wave', placeOf(place), {
      expected: 'for example [1, 10%, rest]',
    });
    return undefined;
  }
  const waves = nodes.map((node, index) => {
    if (node.type === 'scalar' && node.value === restWord) {
      if (index < nodes.length - 1)
        problems.error('WRONG_VALUE', 'nothing is left for the waves after `rest`', placeOf(node));
      return { share: 1 };
    }
    return portionOf(
      node,
      { least: 1, what: 'a wave', example: '10, a share, such as 10%, or rest' },
      problems,
    );
  });
  if (waves.includes(undefined)) return undefined;
  return {
    waves: waves as readonly Portion[],
    maxFailures: maxFailures ?? { count: 0 },
    approve: approve ?? false,
  };
}

/** A number of records, or a share of them. */
export function portionOf(
  node: Node,
  { least, what, example }: { readonly least: number; readonly what: string; readonly example: string },
  problems: Problems,
): Portion | undefined {
  const value = node.type === 'scalar' ? node.value : null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return { count: value };
  const percent = typeof value === 'string' ? /^(\d+(?:\.\d+)?)%$/u.exec(value) : null;
  const share = percent === null ? undefined : Number(percent[1]);
  if (share !== undefined && share <= 100 && share >= Math.min(least, Number.MIN_VALUE))
    return { share: share / 100 };
  problems.error('WRONG_VALUE', `${what} is neither a number nor a share`, placeOf(node), {
    expected: `a number of records, such as ${example}`,
  });
  return undefined;
}
