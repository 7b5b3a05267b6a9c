import { describe, expect, it } from 'vitest';
import { differences } from '../../src/plan/compare.ts';

describe('what an update changes', () => {
  const found = {
    email: 'Old@example.com',
    contact: { firstName: 'Ada', lastName: 'Miller' },
    events: ['a', 'b'],
    customer: { name: 'Contoso' },
  };

  it('is told field by field, whatever is deeper down', () => {
    const wanted = { email: 'new@example.com', contact: { firstName: 'Ada', lastName: 'Smith', phone: '1' } };
    expect(differences(found, wanted)).toEqual({
      email: ['Old@example.com', 'new@example.com'],
      'contact.lastName': ['Miller', 'Smith'],
      'contact.phone': [null, '1'],
    });
  });

  it('leaves out what is as wanted, letter case aside', () => {
    expect(differences(found, { email: 'old@EXAMPLE.com', 'customer.name': 'contoso' })).toEqual({});
  });

  it('compares lists whole', () => {
    expect(differences(found, { events: ['a'] })).toEqual({ events: [['a', 'b'], ['a']] });
  });

  it('never shows what is hidden, on either side', () => {
    const hidden = { $secret: true };
    expect(differences(found, { email: hidden })).toEqual({ email: [hidden, hidden] });
  });

  it('says what is known only after apply', () => {
    const unknown = { $unknown: 'steps.deal.id' };
    expect(differences(found, { contact: unknown })).toEqual({ contact: [found.contact, unknown] });
  });
});
