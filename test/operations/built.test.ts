import { describe, expect, it } from 'vitest';
import { openCatalogue, packCatalogue } from '../../src/operations/built.ts';
import { buildCatalogue, loadOperations } from '../../src/operations/read.ts';

describe('the built catalogue', () => {
  const catalogue = buildCatalogue();
  const bytes = packCatalogue(catalogue);

  it('says what the entries say, under the same digest', () => {
    const opened = openCatalogue(bytes);
    expect(opened.names).toEqual(Object.keys(catalogue).sort());
    expect(opened.digest).toBe(loadOperations().digest);
    for (const name of opened.names) expect(opened.get(name)).toEqual(catalogue[name]);
    expect(opened.get('no.such')).toBeUndefined();
    expect(opened.get('toString')).toBeUndefined();
  });

  it('parses its first line and the entries that are asked for, each once', () => {
    const parsed: number[] = [];
    const opened = openCatalogue(bytes, (text) => {
      parsed.push(text.length);
      return JSON.parse(text);
    });
    expect(parsed).toHaveLength(1);
    opened.get('customers.create');
    opened.get('customers.create');
    opened.get('orders.get');
    expect(parsed.slice(1)).toEqual([
      JSON.stringify(catalogue['customers.create']).length,
      JSON.stringify(catalogue['orders.get']).length,
    ]);
  });

  it('has a first line that stays small beside the entries', () => {
    expect(bytes.indexOf(0x0a)).toBeLessThan(bytes.length / 20);
  });
});
