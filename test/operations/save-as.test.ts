import { describe, expect, it } from 'vitest';
import { misplaced } from '../../src/operations/save-as.ts';

describe('the place of a saved file', () => {
  it.each(['a.pdf', 'statements/2026-10/D02005YFHI.pdf', 'Übersicht Köln.pdf', '..a/b..c', 'nullable.txt'])(
    'may be %s',
    (place) => expect(misplaced(place)).toBeUndefined(),
  );

  it.each([
    ['/etc/passwd', /absolute/u],
    ['C:/x.pdf', /absolute/u],
    ['../x.pdf', /elsewhere/u],
    ['a/../../x.pdf', /elsewhere/u],
    ['./x.pdf', /elsewhere/u],
    ['a//x.pdf', /no name/u],
    ['a/', /no name/u],
    ['', /no name/u],
    ['..\\x.pdf', /no file name/u],
    ['ab:b.pdf', /no file name/u],
    ['a\u0000.pdf', /no file name/u],
    ['a\u202Efdp.exe', /no file name/u],
    ['x.pdf.', /no file name/u],
    ['nul.pdf', /no file name/u],
    [`${'x'.repeat(251)}`, /no file name/u],
    ['x.pdf.PART', /unfinished/u],
    ['Results.csv', /its own/u],
  ])('may not be %j', (place, why) => expect(misplaced(place)).toMatch(why));

  it('may be named as the result files are, in a folder of its own', () => {
    expect(misplaced('exports/results.csv')).toBeUndefined();
  });
});
