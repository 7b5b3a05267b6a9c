import type { PlannedRecord } from '../plan/plan.ts';

/** Records for which a plan says the same, shown as one: what lets a person review thousands of rows. */
export interface Group {
  readonly example: PlannedRecord;
  readonly keys: readonly string[];
  readonly count: number;
  /** Something is wrong with these records: they come first. */
  readonly exceptional: boolean;
}

const keysKept = 5;
const groupsKept = 500;

/**
 * Groups records by the shape of their plan: the same steps with the same actions, however many items a
 * `forEach` has. Exceptions come first, then the rarest: what is unusual is what a reviewer must see.
 * Memory is bounded by the number of shapes, not of records.
 */
export async function groupRecords(records: AsyncIterable<PlannedRecord>): Promise<readonly Group[]> {
  const groups = new Map<string, { example: PlannedRecord; keys: string[]; count: number }>();
  for await (const record of records) {
    const shape = shapeOf(record);
    const group = groups.get(shape);
    if (group === undefined) {
      // Beyond the cap a plan is too varied for grouping to help; the rest is counted with a shape that is near.
      const kept = groups.size < groupsKept ? shape : 'various';
      const other = groups.get(kept);
      if (other === undefined) groups.set(kept, { example: record, keys: [record.key], count: 1 });
      else other.count += 1;
    } else {
      group.count += 1;
      if (group.keys.length < keysKept) group.keys.push(record.key);
    }
  }
  return [...groups.values()]
    .map((group) => ({ ...group, exceptional: isExceptional(group.example) }))
    .sort(
      (a, b) =>
        Number(b.exceptional) - Number(a.exceptional) ||
        a.count - b.count ||
        a.example.index - b.example.index,
    );
}

function shapeOf(record: PlannedRecord): string {
  if (record.invalid !== undefined)
    return `invalid ${record.invalid.map((d) => `${d.code} ${d.cell?.column}`).join()}`;
  const shapes = record.actions.map(
    ({ path, action }) => `${path.replaceAll(/\[[^\]]*\]/gu, '[]')} ${action}`,
  );
  return [...new Set([...revisionOf(record), ...shapes])].join('\n');
}

/** Records of a revised plan fare alike where the same becomes of them, and where the same fields have changed. */
function revisionOf({ revision }: PlannedRecord): readonly string[] {
  if (revision === undefined) return [];
  return [revision.what, ...Object.keys(revision.changes ?? {}).sort(), ...(revision.refused ?? [])];
}

function isExceptional(record: PlannedRecord): boolean {
  const { revision } = record;
  if (revision?.refused !== undefined) return true;
  if (revision?.what === 'done' && revision.changes !== undefined) return true;
  return record.invalid !== undefined || record.actions.some(({ action }) => action === 'refuse');
}
