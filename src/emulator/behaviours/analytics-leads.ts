import { partner } from '../partner.ts';
import type { Fields } from '../reply.ts';
import type { State } from '../state.ts';
import { zoneless } from './analytics-rows.ts';
import { referralsOf } from './referrals.ts';

/** Referrals and when they came to their ends: page get-all-referrals-analytics. */
export function referralRows(state: State): readonly Fields[] {
  return [...referralsOf(state).all.values()].map((referral) => {
    const profile = (referral.customerProfile ?? {}) as Fields;
    const ended = (substatus: string) =>
      referral.substatus === substatus ? zoneless(referral.updatedDateTime) : null;
    // What a partner shares is accepted as it is made; whoever accepts has taken notice.
    const accepted = zoneless(
      referral.acceptedDateTime ?? (referral.type === 'Shared' ? referral.createdDateTime : undefined),
    );
    return {
      id: referral.id,
      status: referral.substatus ?? referral.status,
      customerMarket: String(((profile.address ?? {}) as Fields).country ?? ''),
      customerName: profile.name ?? '',
      customerOrgSize: profile.size ?? '',
      acceptedDate: accepted,
      acknowledgedDate: accepted,
      archivedDate: null,
      declinedDate: ended('Declined'),
      expiredDate: ended('Expired'),
      lostDate: ended('Lost'),
      missedDate: null,
      createdDate: zoneless(referral.createdDateTime),
      skippedDate: null,
      wonDate: ended('Won'),
      partnerMarket: 'US',
    };
  });
}

/** Nobody searches in an emulator: searches as in the sample of get-all-search-analytics, over some days and markets. */
export const searchRows: readonly Fields[] = [
  ['2018-05-30', 'CN', ' my company', null, true, false, false],
  ['2018-05-30', 'US', 'backup', 'Health', true, true, true],
  ['2018-05-31', 'US', 'migration', null, false, false, false],
  ['2018-06-04', 'DE', 'azure', 'Manufacturing', true, true, false],
  ['2018-06-11', 'US', 'security', null, true, false, false],
].map(([searchDate, partnerMarket, text, industry, viewed, contacted, referred]) => ({
  companyName: 'my company',
  contactButtonClicked: contacted,
  keywordCountry: null,
  detailsViewed: viewed,
  keywordIndustryFocus: industry,
  mpnId: Number(partner.mpnId),
  partnerMarket,
  keywordProduct: null,
  referralSubmitted: referred,
  searchDate,
  keywordSearchText: text,
}));
