import { createHash } from 'node:crypto';
import { html, type Markup, scriptJson } from './markup.ts';
import type { PageRecord } from './page-record.ts';
import { recordScripts } from './records.ts';

/** What the build makes of page.css and client/: they go into every page. */
export interface PageAssets {
  readonly css: string;
  readonly script: string;
}

/** A filter of the list of records. */
export interface PageFilter {
  readonly word: string;
  readonly sign: string;
  /** Records that have it. */
  readonly count: number;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Markup;
}

export interface PageDocument {
  readonly title: string;
  /** What kind of page: stands above the title. */
  readonly kind: string;
  readonly lead: Markup;
  readonly sections: readonly Section[];
  readonly foot: Markup;
  readonly records: {
    readonly total: number;
    /** In the order of the bits of `PageRecord.flags`. */
    readonly filters: readonly PageFilter[];
    /** Head of the column that `PageRecord.summary` stands in. */
    readonly summaryTitle: string;
    stream(): AsyncIterable<PageRecord>;
  };
}

/**
 * One self-contained page, piece by piece: no part of it grows with the records but the stream itself. It runs from disk and
 * asks nothing of any network; its policy lets only its own style and script be used.
 */
export async function* pageText(page: PageDocument, assets: PageAssets): AsyncGenerator<string> {
  yield head(page, assets);
  yield body(page).markup;
  const { total, filters, summaryTitle } = page.records;
  yield `<script type="application/json" id="page-data">${scriptJson({ total, filters, summaryTitle })}</script>\n`;
  for await (const script of recordScripts(page.records.stream())) yield script;
  yield `<script>${assets.script}</script>\n</body>\n</html>\n`;
}

function head({ title, kind }: PageDocument, { css, script }: PageAssets): string {
  const policy = `default-src 'none'; style-src '${hashOf(css)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Tenantry">
<title>${title} · ${kind} · Tenantry</title>
<style>${{ markup: css }}</style>
</head>
`.markup;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function body({ title, kind, lead, sections, foot, records }: PageDocument): Markup {
  return html`<body>
<a class="skip-link" href="#records">Skip to the records</a>
<header class="top">
<p class="kind">${kind}</p>
<h1>${title}</h1>
${lead}
<nav aria-label="Sections"><ul>
${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>\n`)}<li><a href="#records">Records</a></li>
</ul></nav>
</header>
<main>
${sections.map(
  ({ id, title: name, content }) =>
    html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${name}</h2>\n${content}</section>\n`,
)}
<section id="records" aria-labelledby="records-title">
<h2 id="records-title">Records <span class="count">${records.total.toLocaleString('en-US')}</span></h2>
<div id="browser"><p class="quiet" id="loading">The list of records is drawn by this page’s own script, which has not run.</p></div>
</section>
</main>
<footer>${foot}</footer>
`;
}
