import { detailOf, type Entry, entries, type PageData } from './chunks.ts';
import { detailElement } from './detail.ts';
import { count, element } from './element.ts';

/** Rows in the document at once; the rest is a page further. */
const pageSize = 100;
/** Rows that go onto paper. */
const printedMax = 1_000;
const searchDelayMs = 150;

interface View {
  readonly all: Entry[];
  found: readonly Entry[];
  page: number;
  words: readonly string[];
  /** Bits of the filters that are pressed; none: every record. */
  flags: number;
  loaded: boolean;
}

/** The list of records: searched, filtered, a window of it in the document, each record opened on demand. */
export async function browse(root: HTMLElement, data: PageData): Promise<void> {
  const view: View = { all: [], found: [], page: 0, words: [], flags: 0, loaded: false };
  const parts = build(root, data);
  const show = () => draw(view, data, parts);
  const select = () => {
    view.found = view.all.filter((entry) => matches(entry, view));
    view.page = 0;
    show();
  };
  listen(view, parts, select, show);
  for await (const some of entries()) {
    view.all.push(...some);
    const first = view.all.length === some.length;
    if (first) select();
    else parts.status.textContent = `Reading ${count(view.all.length)} of ${count(data.total)} records`;
  }
  view.loaded = true;
  if (view.words.length > 0 || view.flags > 0) return select();
  view.found = view.all;
  show();
}

function matches({ flags, text }: Entry, view: View): boolean {
  return (view.flags === 0 || (flags & view.flags) !== 0) && view.words.every((word) => text.includes(word));
}

interface Parts {
  readonly search: HTMLInputElement;
  readonly filters: readonly HTMLButtonElement[];
  readonly status: HTMLElement;
  readonly rows: HTMLElement;
  readonly table: HTMLElement;
  readonly pager: HTMLElement;
  readonly moves: Readonly<Record<Move, HTMLButtonElement>>;
  readonly place: HTMLElement;
}

type Move = 'first' | 'previous' | 'next' | 'last';

function build(root: HTMLElement, data: PageData): Parts {
  const search = element('input', { type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false' });
  const filters = data.filters.map(({ word, sign, count: n }) =>
    element(
      'button',
      { type: 'button', 'aria-pressed': 'false', ...(n === 0 ? { hidden: '' } : {}) },
      element('span', { class: `sign ${word.replaceAll(/\W/gu, '')}`, 'aria-hidden': 'true' }, sign),
      ` ${word} `,
      element('span', { class: 'count' }, count(n)),
    ),
  );
  const status = element('p', { role: 'status', id: 'status' });
  const rows = element('tbody');
  const heads = ['Record', 'Row', data.summaryTitle];
  const table = element(
    'table',
    { class: 'records' },
    element('caption', { class: 'hidden' }, 'Records; the button of each opens it'),
    element('thead', {}, element('tr', {}, ...heads.map((text) => element('th', { scope: 'col' }, text)))),
    rows,
  );
  const move = (text: string) => element('button', { type: 'button', class: 'plain' }, text);
  const moves = { first: move('First'), previous: move('Previous'), next: move('Next'), last: move('Last') };
  const place = element('span', { class: 'place' });
  const pager = element(
    'nav',
    { class: 'pager', 'aria-label': 'Pages of records' },
    moves.first,
    moves.previous,
    place,
    moves.next,
    moves.last,
  );
  root.replaceChildren(
    element(
      'div',
      { class: 'controls' },
      element('div', { class: 'search' }, element('label', { for: 'search' }, 'Search'), search),
      element('div', { class: 'filters', role: 'group', 'aria-label': 'Only records with' }, ...filters),
    ),
    status,
    table,
    pager,
  );
  return { search, filters, status, rows, table, pager, moves, place };
}

function listen(view: View, parts: Parts, select: () => void, show: () => void): void {
  const { search, filters, moves, table } = parts;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = () => {
    view.words = search.value
      .toLowerCase()
      .split(/\s+/u)
      .filter((word) => word !== '');
    select();
  };
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(read, searchDelayMs);
  });
  filters.forEach((button, bit) => {
    button.addEventListener('click', () => {
      view.flags ^= 1 << bit;
      button.setAttribute('aria-pressed', String((view.flags & (1 << bit)) !== 0));
      select();
    });
  });
  const turn = (to: () => number) => () => {
    const page = Math.min(Math.max(0, to()), pagesOf(view) - 1);
    if (page === view.page) return;
    view.page = page;
    show();
    table.scrollIntoView({ block: 'start' });
  };
  moves.first.addEventListener(
    'click',
    turn(() => 0),
  );
  moves.previous.addEventListener(
    'click',
    turn(() => view.page - 1),
  );
  moves.next.addEventListener(
    'click',
    turn(() => view.page + 1),
  );
  moves.last.addEventListener(
    'click',
    turn(() => pagesOf(view) - 1),
  );
  document.addEventListener('click', ({ target }) => {
    const named = target instanceof Element ? target.closest('[data-find]') : null;
    if (named === null) return;
    search.value = named.getAttribute('data-find') ?? '';
    read();
  });
  const printing = matchMedia('print');
  printing.addEventListener('change', show);
}

function pagesOf({ found }: View): number {
  return Math.max(1, Math.ceil(found.length / pageSize));
}

function draw(view: View, data: PageData, { status, rows, table, pager, moves, place }: Parts): void {
  const { found, page } = view;
  const printing = matchMedia('print').matches;
  const from = printing ? 0 : page * pageSize;
  const shown = found.slice(from, printing ? printedMax : from + pageSize);
  rows.replaceChildren(...shown.flatMap(rowElements));
  const selected = view.words.length > 0 || view.flags > 0;
  const all = view.loaded ? count(data.total) : `${count(view.all.length)} read so far`;
  const range = found.length > shown.length ? `${count(from + 1)} to ${count(from + shown.length)} of ` : '';
  status.textContent =
    found.length === 0
      ? `No record matches, of ${all}.`
      : `${range}${count(found.length)} ${found.length === 1 ? 'record' : 'records'}${selected ? ` found in ${all}` : ''}.`;
  table.hidden = found.length === 0;
  const pages = pagesOf(view);
  pager.hidden = pages === 1;
  place.textContent = `Page ${count(page + 1)} of ${count(pages)}`;
  // Not `disabled`: a button that is pressed must not lose the focus.
  const atEnd = {
    first: page === 0,
    previous: page === 0,
    next: page === pages - 1,
    last: page === pages - 1,
  };
  for (const [move, button] of Object.entries(moves))
    button.setAttribute('aria-disabled', String(atEnd[move as Move]));
}

/** A row, and beneath it the place for all of the record, filled when it is opened. */
function rowElements(entry: Entry): readonly HTMLElement[] {
  const id = `record-${entry.chunk}-${entry.place}`;
  const button = element(
    'button',
    { type: 'button', 'aria-expanded': 'false', 'aria-controls': id },
    element('span', { class: 'arrow', 'aria-hidden': 'true' }),
    element('span', {}, entry.key),
  );
  const cell = element('td', { colspan: '3' });
  const detail = element('tr', { id, class: 'opened' }, cell);
  detail.hidden = true;
  button.addEventListener('click', async () => {
    const open = detail.hidden;
    button.setAttribute('aria-expanded', String(open));
    detail.hidden = !open;
    if (!open || cell.hasChildNodes()) return;
    const found = await detailOf(entry);
    if (found !== undefined) cell.replaceChildren(detailElement(found));
  });
  const row = element(
    'tr',
    {},
    element('th', { scope: 'row' }, button),
    element('td', { class: 'number' }, String(entry.row)),
    element('td', {}, entry.summary),
  );
  return [row, detail];
}
