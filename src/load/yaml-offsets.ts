/**
 * Where the characters of a scalar's value stand in its source: quotes, escapes and the indentation of block scalars
 * make value and source differ. Offsets are relative to the start of the source.
 */
export function sourceOffsets(
  source: string,
  style: 'plain' | 'single' | 'double' | 'block',
): (index: number) => number {
  switch (style) {
    case 'single':
      return table(source, 1, (at) => (source.startsWith("''", at) ? 2 : 1));
    case 'double':
      return table(source, 1, (at) => (source[at] === '\\' ? escapeLength(source, at) : 1));
    case 'block':
      return blockTable(source);
    case 'plain':
      return source.includes('\n') ? foldedTable(source, 0) : (index) => Math.min(index, source.length);
  }
}

/** One value character after another, `lengthAt` source characters each. */
function table(source: string, start: number, lengthAt: (at: number) => number): (index: number) => number {
  if (source.includes('\n')) return foldedTable(source, start);
  const starts: number[] = [];
  for (let at = start; at < source.length; at += lengthAt(at)) starts.push(at);
  return (index) => starts[Math.min(index, starts.length - 1)] ?? start;
}

function escapeLength(source: string, at: number): number {
  const long: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };
  return long[source[at + 1] ?? ''] ?? 2;
}

/** Flow scalars over several lines: a break and the white space around it become one space. */
function foldedTable(source: string, start: number): (index: number) => number {
  const starts: number[] = [];
  for (let at = start; at < source.length; ) {
    starts.push(at);
    const fold = /^[ \t]*\r?\n[ \t]*/u.exec(source.slice(at));
    at += fold === null ? 1 : fold[0].length;
  }
  return (index) => starts[Math.min(index, starts.length - 1)] ?? start;
}

/** Block scalars: the header line goes, and the indentation of the first line goes from each. */
function blockTable(source: string): (index: number) => number {
  const starts: number[] = [];
  let at = source.indexOf('\n') + 1;
  const indent = /^(?:[ \t]*\r?\n)*( *)/u.exec(source.slice(at))?.[1]?.length ?? 0;
  while (at < source.length && at > 0) {
    const end = source.indexOf('\n', at);
    const stop = end === -1 ? source.length : end + 1;
    for (let inLine = Math.min(at + indent, stop - 1); inLine < stop; inLine += 1) starts.push(inLine);
    at = stop;
  }
  return (index) => starts[Math.min(index, starts.length - 1)] ?? 0;
}
