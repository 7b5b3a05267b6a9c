import { afterAll, describe, expect, it } from 'vitest';
import { openKeyIndex } from '../../src/load/key-index.ts';
import { indexRelated } from '../../src/load/related.ts';
import { openTable } from '../../src/load/table.ts';
import { makeFolder, refusal } from './files.ts';

const folder = makeFolder();
afterAll(() => folder.remove());

const users = 'domain,user\ncontoso.com,ana\nfabrikam.com,bo\n Contoso.com ,cy\n,dee\nnowhere.com,eva\n';

function index(by = 'domain', content = users) {
  return openTable(folder.write(`${by}.csv`, content)).then((table) => indexRelated(table, by));
}

describe('related rows', () => {
  it('are found by their value, in the order of the file, whatever the letter case and the spaces', async () => {
    const related = await index();
    expect(related.rowsFor('CONTOSO.com').map(({ cells, line }) => [cells.user, line])).toEqual([
      ['ana', 2],
      ['cy', 4],
    ]);
    expect(related.rowsFor('unknown.com')).toEqual([]);
    related.close();
  });

  it('without a value belong to no record, nor to one without a value', async () => {
    const related = await index();
    expect(related.rowsFor('')).toEqual([]);
    related.close();
  });

  it('that no record asked for are told, with their lines', async () => {
    const related = await index();
    related.rowsFor('contoso.com');
    related.rowsFor('fabrikam.com');
    expect(related.unused()).toEqual({
      count: 2,
      rows: [
        { line: 5, value: '' },
        { line: 6, value: 'nowhere.com' },
      ],
    });
    related.close();
  });

  it('keep their own problem, for the record that they belong to', async () => {
    const related = await index('domain', 'domain,user\ncontoso.com\n');
    expect(related.rowsFor('contoso.com')[0]!.problem).toMatchObject({
      code: 'INPUT_FORMAT',
      cell: { row: 2 },
    });
    related.close();
  });

  it('cannot be joined by a column that is not there', async () => {
    expect(await refusal(index('tenant'))).toBe('INPUT_HEADER');
  });
});

describe('the index of keys', () => {
  it('tells the line of the first use, and keys are the same only when equal', () => {
    const keys = openKeyIndex();
    expect(keys.add('contoso.com', 2)).toBeUndefined();
    expect(keys.add('Contoso.com', 3)).toBeUndefined();
    expect(keys.add('contoso.com', 4)).toBe(2);
    expect(keys.add('contoso.com', 5)).toBe(2);
    keys.close();
  });
});
