import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordDifference } from '../../src/plan/compare-plans.ts';
import { compareHeaders } from '../../src/plan/compare-plans.ts';
import { type DiffTotals, diffPlans } from '../../src/plan/diff-plans.ts';
import type { PlanHeader, PlannedAction, PlannedRecord } from '../../src/plan/plan.ts';

const action = (more: Partial<PlannedAction> = {}): PlannedAction => ({
  path: 'cart',
  uses: 'carts.create',
  action: 'create',
  calls: 1,
  with: { lineItems: [{ quantity: 5 }] },
  ...more,
});

const record = (key: string, more: Partial<PlannedRecord> = {}): PlannedRecord => ({
  index: 0,
  key,
  row: 2,
  digest: 'd',
  actions: [action()],
  ...more,
});

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function diff(before: readonly PlannedRecord[], after: readonly PlannedRecord[]) {
  const totals: DiffTotals = { added: 0, removed: 0, changed: 0, row: 0, same: 0 };
  const found: RecordDifference[] = [];
  for await (const difference of diffPlans(stream(before), stream(after), totals)) found.push(difference);
  return { found, totals };
}

describe('two plans of one record', () => {
  it('are the same where the row only moved', async () => {
    const { found, totals } = await diff([record('a')], [record('a', { row: 9, index: 7 })]);
    expect(found).toEqual([]);
    expect(totals.same).toBe(1);
  });

  it('differ in a value, told by its path with before and after', async () => {
    const { found } = await diff(
      [record('a')],
      [record('a', { digest: 'e', actions: [action({ with: { lineItems: [{ quantity: 50 }] } })] })],
    );
    expect(found).toMatchObject([
      {
        kind: 'changed',
        steps: [{ path: 'cart', action: ['create', 'create'], values: { 'lineItems.0.quantity': [5, 50] } }],
      },
    ]);
  });

  it('differ in the action, in what was found, and in what would change', async () => {
    const { found } = await diff(
      [record('a')],
      [
        record('a', {
          actions: [action({ action: 'update', found: 'id-1', changes: { name: ['x', 'y'] } })],
        }),
      ],
    );
    expect(found[0]?.steps[0]).toMatchObject({
      action: ['create', 'update'],
      values: {
        '(found)': [undefined, 'id-1'],
        'name (exists)': [undefined, 'x'],
        'name (wanted)': [undefined, 'y'],
      },
    });
  });

  it('differ by a step that one of them has', async () => {
    const other = action({ path: 'order', action: 'act', uses: 'carts.checkout', with: {} });
    const { found } = await diff([record('a')], [record('a', { actions: [other] })]);
    expect(found[0]?.steps.map(({ path, action: both }) => [path, both])).toEqual([
      ['cart', ['create', undefined]],
      ['order', [undefined, 'act']],
    ]);
  });

  it('differ where only the row does: it may be a secret, which plans do not show', async () => {
    const hidden = [action({ with: { password: { $secret: true } } })];
    const { found, totals } = await diff(
      [record('a', { actions: hidden })],
      [record('a', { actions: hidden, digest: 'e' })],
    );
    expect(found).toMatchObject([{ kind: 'row', steps: [] }]);
    expect(totals.row).toBe(1);
  });

  it('differ where the row cannot be used any more', async () => {
    const bad = record('row 2', {
      actions: [],
      invalid: [{ code: 'INPUT_CELL', severity: 'error', message: 'no' }],
    });
    const { found } = await diff([record('a')], [bad]);
    expect(found.map(({ kind, invalid }) => [kind, invalid])).toEqual([
      ['removed', [false, false]],
      ['added', [false, true]],
    ]);
  });
});

describe('two plans in any order', () => {
  it('are matched by key, each record once', async () => {
    const keys = fc.uniqueArray(fc.nat(60), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(keys, keys, async (first, second) => {
        const { found, totals } = await diff(
          first.map((key) => record(`k${key}`)),
          second.map((key) => record(`k${key}`, { digest: key % 2 === 0 ? 'd' : 'e' })),
        );
        const both = first.filter((key) => second.includes(key));
        expect(totals).toEqual({
          added: second.length - both.length,
          removed: first.length - both.length,
          changed: 0,
          row: both.filter((key) => key % 2 === 1).length,
          same: both.filter((key) => key % 2 === 0).length,
        });
        expect(new Set(found.map(({ key }) => key)).size).toBe(found.length);
      }),
    );
  });

  it('are matched when more records wait than are held in memory', async () => {
    const before = Array.from({ length: 6_000 }, (_, index) => record(`k${index}`, { row: index }));
    const after = before.toReversed().slice(1).concat(record('new'));
    const { found, totals } = await diff(before, after);
    expect(found.map(({ kind, key }) => [kind, key])).toEqual([
      ['removed', 'k5999'],
      ['added', 'new'],
    ]);
    expect(totals.same).toBe(5_999);
  });

  it('hold few of them where the order is the same', async () => {
    let ahead = 0;
    let most = 0;
    const counted = async function* (step: number) {
      for (let index = 0; index < 50_000; index += 1) {
        ahead += step;
        most = Math.max(most, Math.abs(ahead));
        yield record(`k${index}`);
      }
    };
    const totals: DiffTotals = { added: 0, removed: 0, changed: 0, row: 0, same: 0 };
    for await (const _ of diffPlans(counted(1), counted(-1), totals)) expect.unreachable();
    expect(totals.same).toBe(50_000);
    expect(most).toBeLessThanOrEqual(1);
  });
});

describe('what two plans were made from', () => {
  const header = (more: Partial<PlanHeader> = {}): PlanHeader => ({
    tenantryPlan: 1,
    version: '1',
    createdAt: '2026-01-01',
    playbook: { file: 'p.yaml', name: 'p' },
    input: { file: 'i.csv', related: {} },
    parameters: { sku: 'a' },
    secretParameters: [],
    target: 'global',
    offline: false,
    digests: { playbook: 'p', input: 'i', related: {}, parameters: 'x', operations: 'o', target: 't' },
    ...more,
  });

  it('is the same whenever they were made', () => {
    expect(compareHeaders(header(), header({ createdAt: '2026-02-02' }))).toEqual([]);
  });

  it('names a parameter with its values, and of a secret one only that it differs', () => {
    const { digests } = header();
    const other = { ...digests, parameters: 'y' };
    expect(compareHeaders(header(), header({ parameters: { sku: 'b' }, digests: other }))).toEqual([
      'parameter sku: "a" → "b"',
    ]);
    expect(compareHeaders(header(), header({ digests: other }))).toEqual([
      'a secret parameter has another value',
    ]);
  });
});
