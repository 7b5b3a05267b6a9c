import { describe, expect, it } from 'vitest';
import { settleByHand, verdictsOf } from '../../src/cli/settle-by-hand.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { readerOf } from '../../src/run/by-hand.ts';
import { buyAtOnce, rows } from './playbooks.ts';
import { makeRig } from './rig.ts';
import { unknown } from './service.ts';

const operations = loadOperations();

describe('what a person says happened', () => {
  it('can be looked at, and read afterwards, whatever operation waits for a person', () => {
    const held = operations.names
      .map((name) => operations.get(name)!)
      .filter(({ doubt }) => doubt === 'hold');
    expect(held.length).toBeGreaterThan(0);
    const unread = held.filter((operation) => readerOf(operation, operations) === undefined);
    // No page documents how to read a customer's domains; the request itself names all that there is to know.
    expect(unread.map(({ name }) => name)).toEqual(['domains.addVerified']);
    expect(held.filter(({ lookAt }) => lookAt === undefined).map(({ name }) => name)).toEqual([]);
  });

  it('is read by its id where the request does not name it', () => {
    const reading = readerOf(operations.get('orders.create')!, operations);
    expect([reading?.read.name, reading?.id]).toEqual(['orders.get', 'orderId']);
  });

  it('is not taken from a read that answers something else', () => {
    expect(readerOf(operations.get('carts.checkout')!, operations)).toBeUndefined();
  });
});

describe('the words of --settle', () => {
  it('name a record, or a step of it, whatever characters its key has', () => {
    expect(verdictsOf(['a=b=done', "O'Neil / x=not-done", 'shop/order=done:Cs_1:2'])).toEqual([
      { name: 'a=b', happened: true },
      { name: "O'Neil / x", happened: false },
      { name: 'shop/order', happened: true, id: 'Cs_1:2' },
    ]);
  });

  it.each(['a', 'a=yes', '=done', 'a=not-done:1', 'a=done:'])('are refused as %s', (word) => {
    expect(() => verdictsOf([word])).toThrow(/USAGE/u);
  });

  it('are refused where they speak of one record twice', () => {
    expect(() => verdictsOf(['a=done', 'a=not-done'])).toThrow(/twice/u);
  });
});

describe('a person’s "not done"', () => {
  it.each([
    [14_000, [], 'look again in 1 s'],
    [15_000, ['notSent'], undefined],
  ])('%i ms after the request was about to leave', async (ms, answers, help) => {
    const rig = await makeRig(buyAtOnce, rows(1));
    rig.service.fail('orders.create', unknown('maybe'));
    await rig.run();
    const [intended] = rig.stored.entries.filter((entry) => entry.type === 'intended');
    rig.stored.entries.splice(rig.stored.entries.indexOf(intended!) + 1);
    const written = rig.stored.entries.length;
    const said = await settleByHand(
      rig.journal,
      {
        operations,
        reader: { read: () => Promise.reject(new Error('nothing is read')) },
        now: () => intended!.at + ms,
      },
      [{ name: 'row-0', happened: false }],
    ).catch((error: unknown) => error);
    const added = rig.stored.entries.slice(written);
    expect(added.map((entry) => entry.type === 'answered' && entry.answer)).toEqual(answers);
    if (help === undefined) expect(said).toBeUndefined();
    else expect(said).toMatchObject({ diagnostics: [{ help: expect.stringContaining(help) }] });
  });
});
