import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crash, makeFuse } from './memory-journal.ts';
import { buyAtOnce, onboard, rows } from './playbooks.ts';
import { makeRig, type Rig } from './rig.ts';

/** Runs until nothing crashes any more: each fuse is one life of the process. */
async function live(rig: Rig, deaths: readonly number[]) {
  for (const at of deaths) {
    const fuse = makeFuse(at);
    const end = await rig.run({ fuse }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (end === undefined) return;
    expect(end).toBeInstanceOf(Crash);
  }
  await rig.run();
}

/** The number of places at which a whole run can crash. */
async function placesOf(make: () => Promise<Rig>): Promise<number> {
  const fuse = makeFuse();
  await (await make()).run({ fuse });
  return fuse.steps;
}

function onlyOnce({ service, journal }: Rig, records: number): void {
  expect(journal.counts()).toMatchObject({ succeeded: records, failed: 0, inDoubt: 0, open: 0 });
  expect(service.customers.map(({ companyProfile }) => companyProfile.domain).sort()).toEqual(
    rows(records).map(({ domain }) => domain),
  );
  expect(new Set(service.orders.map(({ referenceCustomerId }) => referenceCustomerId))).toEqual(
    new Set(service.customers.map(({ id }) => id)),
  );
  expect(service.orders).toHaveLength(records);
}

describe.each([{ replays: true }, { replays: false }])(
  'a service with request-id replay: $replays',
  ({ replays }) => {
    const make = (count = 1) => makeRig(onboard, rows(count), { replays });

    it('is given each thing once, whichever moment a process dies at', async () => {
      const places = await placesOf(make);
      expect(places).toBeGreaterThan(30);
      for (let at = 1; at <= places; at += 1) {
        const rig = await make();
        await live(rig, [at]);
        onlyOnce(rig, 1);
      }
    });

    it('is given each thing once, however often processes die, with records side by side', async () => {
      const deaths = fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(deaths, async (moments) => {
          const rig = await make(3);
          await live(rig, moments);
          onlyOnce(rig, 3);
        }),
        { numRuns: 60 },
      );
    });

    it('says of a finished record what it made, whichever moment a process dies at', async () => {
      const places = await placesOf(make);
      for (let at = 1; at <= places; at += 1) {
        const rig = await make();
        await live(rig, [at]);
        const [settled] = rig.stored.entries
          .filter(({ path, type }) => type === 'settled' && path === '')
          .slice(-1);
        const result = settled?.type === 'settled' ? settled.result : undefined;
        expect(result).toMatchObject({
          customerId: rig.service.customers[0]!.id,
          orderId: rig.service.orders[0]!.id,
        });
      }
    });

    it('never gets a second order where a doubt is held, and the record says so', async () => {
      const makeHeld = () => makeRig(buyAtOnce, rows(1), { replays });
      const places = await placesOf(makeHeld);
      for (let at = 1; at <= places; at += 1) {
        const rig = await makeHeld();
        await live(rig, [at]);
        expect(rig.service.orders.length).toBeLessThanOrEqual(1);
        const { succeeded, inDoubt } = rig.journal.counts();
        expect(succeeded + inDoubt).toBe(1);
        if (succeeded === 1) expect(rig.service.orders).toHaveLength(1);
      }
    });
  },
);

it('uses one request id for one attempt, and never the same id for two steps', async () => {
  const rig = await makeRig(onboard, rows(2), { replays: false });
  for (const at of [9, 14, 23]) await rig.run({ fuse: makeFuse(at) }).catch(() => {});
  await rig.run();
  const ids = new Map<string, Set<string>>();
  for (const entry of rig.stored.entries) {
    if (entry.type !== 'intended') continue;
    const key = `${entry.record} ${entry.path} ${entry.attempt}`;
    ids.set(key, (ids.get(key) ?? new Set()).add(entry.requestId));
  }
  const all = [...ids.values()].map((set) => [...set]);
  expect(all.every((set) => set.length === 1)).toBe(true);
  expect(new Set(all.flat()).size).toBe(all.length);
});
