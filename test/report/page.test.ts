import { describe, expect, it } from 'vitest';
import { html, scriptJson } from '../../src/report/html/markup.ts';
import type { PageRecord } from '../../src/report/html/page-record.ts';
import { recordScripts } from '../../src/report/html/records.ts';

describe('markup', () => {
  it('takes what is put in as text: nothing of it is an element, an attribute or a direction', () => {
    const nasty = `<b a="1" c='2'>&\u202E\u0007\n</b>`;
    expect(html`<p title="${nasty}">${nasty}</p>`.markup).toBe(
      '<p title="&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\\u202e\\x07\\n&lt;/b&gt;">&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\\u202e\\x07\\n&lt;/b&gt;</p>',
    );
  });

  it('joins lists and leaves out what is not there', () => {
    expect(html`${['a', html`<i>${'<'}</i>`]}${undefined}${false}${0}`.markup).toBe('a<i>&lt;</i>0');
  });

  it('writes JSON that cannot end its element, with the same values', () => {
    const value = { '</script>': ['<!--', '\u2028', ']]>'] };
    expect(scriptJson(value)).not.toMatch(/[<\u2028]/u);
    expect(JSON.parse(scriptJson(value))).toEqual(value);
  });
});

describe('the records of a page', () => {
  const record = (index: number): PageRecord => ({
    key: `k${index}`,
    row: index,
    flags: 0,
    summary: '',
    problems: [],
    steps: [
      {
        path: 'a',
        uses: 'b',
        sign: '+',
        word: 'create',
        request: { method: 'POST', path: '/', body: { index } },
      },
    ],
  });

  it('are written as they come: no more are held than one chunk', async () => {
    let made = 0;
    async function* source() {
      for (; made < 50_000; made += 1) yield record(made);
    }
    let chunks = 0;
    for await (const script of recordScripts(source())) {
      chunks += 1;
      expect(script.match(/<script type="application\/json" class="chunk">\{[^<]*\}<\/script>\n/u)?.[0]).toBe(
        script,
      );
      expect(made - (chunks - 1) * 500).toBeLessThanOrEqual(500);
    }
    expect(chunks).toBe(100);
  });

  it('are cut by size, too: large records make small chunks', async () => {
    async function* source() {
      for (let index = 0; index < 10; index += 1)
        yield { ...record(index), problems: ['x'.repeat(3_000_000)] };
    }
    let chunks = 0;
    for await (const _ of recordScripts(source())) chunks += 1;
    expect(chunks).toBe(5);
  });
});
