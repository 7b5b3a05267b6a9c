/**
 * What a reader of Markdown makes of a page besides showing it literally: the page without fenced blocks, code spans and
 * `<code>` (CommonMark 4.5 and 6.1). Whatever is left is read for links, images, HTML, mentions and tables.
 */
export function outsideCode(markdown: string): string {
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const run = /^(`{3,})(.*)$/u.exec(line);
    if (fence === undefined && run !== null && !run[2]!.includes('`')) fence = run[1];
    else if (fence !== undefined) {
      if (run !== null && run[2]!.trim() === '' && run[1]!.length >= fence.length) fence = undefined;
    } else lines.push(line.startsWith('<details>') ? withoutHtmlCode(line) : withoutSpans(line));
  }
  if (fence !== undefined) throw new Error('a fenced block is not closed');
  return lines.join('\n');
}

/** A line that begins with HTML is HTML to its end (4.6). */
function withoutHtmlCode(line: string): string {
  return line.replaceAll(/<code>[^<>]*<\/code>/gu, '');
}

/** A code span reaches from a run of backticks to the next run of exactly as many. */
function withoutSpans(line: string): string {
  let left = '';
  for (let rest = line; ; ) {
    const open = /`+/u.exec(rest);
    if (open === null) return left + rest;
    left += rest.slice(0, open.index);
    rest = rest.slice(open.index + open[0].length);
    const close = [...rest.matchAll(/`+/gu)].find(([run]) => run.length === open[0].length);
    if (close === undefined) left += open[0];
    else rest = rest.slice(close.index + close[0].length);
  }
}

/** Cells of a table's row; an escaped pipe ends none. */
export function cellsOf(row: string): readonly string[] {
  return row.slice(1, -1).split(/(?<!\\)\|/u);
}
