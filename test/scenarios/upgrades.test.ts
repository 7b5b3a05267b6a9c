import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShop, type Shop } from './shop.ts';

/** What subscriptions become: trials that are paid for, upgrades. Each happens once, whatever gets lost on the way. */

const trial = 'C0BD2E08-11AC-4836-BDC7-3712E744922F';
const trialOfNewCommerce = 'CFQ7TTC0LCHC:0003:CFQ7TTC0STRL';
const paid = '031C9E47-4802-4248-838E-778FB1D2CC05';
const basic = 'CFQ7TTC0LH18:0001:CFQ7TTC0SVCQ';
const premium = 'CFQ7TTC0LCHC:0002:CFQ7TTC0SG7B';
const plan = 'DZH318Z0BPS6:0001:DZH318Z0BP7J';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ 'convert-trials': 'trials.csv', 'upgrade-subscriptions': 'upgrades.csv' });
});
afterAll(() => shop.rig.close());

describe('trials', () => {
  const trials = new Map<string, string>();
  const inNewCommerce = new Set(['tsubamelab.onmicrosoft.com', 'maisonlavande.onmicrosoft.com']);

  it('become paid subscriptions: classic ones under their own id, those of new commerce as a new one', async () => {
    for (const { domain = '' } of shop.rows('convert-trials')) {
      const offer = inNewCommerce.has(domain) ? trialOfNewCommerce : trial;
      trials.set(domain, await shop.order(domain, offer, 25, 'none'));
    }
    await shop.runLosing('convert-trials', 'subscriptions.convertTrial', 'subscriptions.transition');
    for (const { domain = '', seats, billing } of shop.rows('convert-trials')) {
      const found = (await shop.kept('subscriptions', domain)).filter(({ status }) => status === 'active');
      const billed = billing === '' ? 'monthly' : billing;
      if (inNewCommerce.has(domain)) {
        const own = found.filter(({ offerId }) => offerId === premium);
        expect(own.map(({ quantity, isTrial, billingCycle }) => [quantity, isTrial, billingCycle])).toEqual([
          [25, false, billed],
        ]);
      } else {
        const own = found.filter(({ id }) => id === trials.get(domain));
        const wanted = [paid, seats === '' ? 25 : Number(seats), false, billed];
        expect(
          own.map(({ offerId, quantity, isTrial, billingCycle }) => [
            offerId,
            quantity,
            isTrial,
            billingCycle,
          ]),
        ).toEqual([wanted]);
      }
    }
  });

  it('that are none any more are left alone', () => shop.sendsNothing('convert-trials'));
});

describe('upgrades', () => {
  const sources = new Map<string, string>();

  it('move all seats and say so once the service has done it', async () => {
    for (const { domain = '', from, azure } of shop.rows('upgrade-subscriptions')) {
      if (from !== '') sources.set(domain, await shop.order(domain, basic, 7));
      if (azure === 'yes') await shop.order(domain, 'MS-AZR-0145P', 1);
    }
    await shop.runLosing('upgrade-subscriptions', 'subscriptions.transition', 'productUpgrades.create');
    for (const { domain = '', term, billing } of shop
      .rows('upgrade-subscriptions')
      .filter(({ from }) => from !== '')) {
      const now = await shop.kept('subscriptions', domain);
      expect(now.find(({ id }) => id === sources.get(domain))?.status, domain).toBe('deleted');
      const targets = now.filter(
        ({ offerId, status, quantity }) => offerId === premium && status === 'active' && quantity === 7,
      );
      expect(
        targets.map(({ termDuration, billingCycle }) => [termDuration, billingCycle]),
        domain,
      ).toEqual([[term === '' ? 'P1Y' : term, billing === '' ? 'monthly' : billing]]);
    }
  });

  it('take classic Azure to the plan where a row says so', async () => {
    for (const { domain = '', azure } of shop.rows('upgrade-subscriptions')) {
      const now = await shop.kept('subscriptions', domain);
      const plans = now.filter(({ offerId, status }) => offerId === plan && status === 'active');
      expect(plans, domain).toHaveLength(azure === 'yes' ? 1 : 0);
      const classic = now.filter(({ offerId, status }) => offerId === 'MS-AZR-0145P' && status !== 'deleted');
      expect(classic, domain).toEqual([]);
    }
  });

  it('that are done already send nothing', () => shop.sendsNothing('upgrade-subscriptions'));
});
