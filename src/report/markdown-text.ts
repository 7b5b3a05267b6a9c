import { oneLine } from '../diagnostics/neutralise.ts';

/**
 * Markdown that goes to places with a limit, made of text that comes from anywhere. Whatever is not ours stands in a code
 * span or a fenced block: there no link, image, mention, issue number, emoji or HTML is made of it, on any of the services
 * that show it; an escape by entities would not do, since those look for mentions and links in the finished text.
 */

/** How much a place takes, counted as it counts. */
export interface MarkdownLimit {
  readonly most: number;
  readonly unit: 'characters' | 'bytes';
}

/** A comment on a pull request; GitHub refuses one of 65,537 characters. */
export const commentLimit: MarkdownLimit = { most: 65_535, unit: 'characters' };
/** A step summary of GitHub Actions ("Workflow commands": 1 MiB a step). */
export const summaryLimit: MarkdownLimit = { most: 1024 * 1024, unit: 'bytes' };

/** What one piece of text from elsewhere may take; its beginning says enough. */
const pieceMost = 160;

/** Text from elsewhere within a line. */
export function code(text: string, most = pieceMost): string {
  const line = shortened(oneLine(text), most);
  if (line.trim() === '') return '` `';
  const fence = '`'.repeat(longestRun(line) + 1);
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

/**
 * The same in a cell of a table, where a pipe would begin the next cell, code span or not. A backslash before it is taken
 * from it by a space: readers of Markdown differ on which of the two it escapes.
 */
export function cell(text: string, most = pieceMost): string {
  return code(text.replaceAll(/\\(?=\|)/gu, '\\ '), most).replaceAll('|', '\\|');
}

/** Text from elsewhere in the line that opens details: HTML, in which no Markdown is read. */
export function htmlCode(text: string, most = pieceMost): string {
  return `<code>${escapeHtml(shortened(oneLine(text), most))}</code>`;
}

/** Lines as a block in which nothing is read but the colours of a diff. */
export function fenced(lines: readonly string[], language: string): string {
  const text = lines.map(oneLine).join('\n');
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A part that opens when it is clicked. @param title HTML */
export function details(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** A page that is filled from the top, a whole block at a time, and never grows over its limit. */
export interface Page {
  /** Adds a block with an empty line behind it, where it fits into a share of the page (1: all of it). */
  add(block: string, share?: number): boolean;
  text(): string;
}

/** @param reserved what is kept free for the page's last lines, which `finish` adds */
export function makePage(limit: MarkdownLimit, reserved: number): Page & { finish(block: string): string } {
  const size = (text: string) => (limit.unit === 'bytes' ? Buffer.byteLength(text) : text.length);
  const blocks: string[] = [];
  let used = 0;
  const put = (block: string, most: number): boolean => {
    const more = size(block) + 2;
    if (used + more > most) return false;
    blocks.push(`${block}\n\n`);
    used += more;
    return true;
  };
  return {
    add: (block, share = 1) => put(block, (limit.most - reserved) * share),
    text: () => blocks.join(''),
    finish: (block) => {
      put(block, limit.most);
      return blocks.join('');
    },
  };
}

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = /[\uD800-\uDBFF]/u.test(text[most - 2] ?? '') ? most - 2 : most - 1;
  return `${text.slice(0, end)}…`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/gu)].map(([run]) => run.length));
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"]/gu, (character) => names[character]!);
}
