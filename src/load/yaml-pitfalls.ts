import type { At, Diagnostic } from '../diagnostics/diagnostic.ts';

/**
 * What YAML reads differently from what an author of expressions means, found in the text itself, since the parser's
 * own errors (or its silent acceptance) would say something else.
 */
export function pitfallsIn(file: string, text: string): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report = (message: string, at: Omit<At, 'file'>, help: string) =>
    diagnostics.push({ code: 'YAML_PITFALL', severity: 'error', message, at: { file, ...at }, help });
  let offset = 0;
  let block: number | undefined;
  for (const line of text.split('\n')) {
    const indent = /^ */u.exec(line)![0].length;
    const inBlock = block !== undefined && (line.trim() === '' || indent > block);
    if (!inBlock) {
      block = /(?:^|[:-]\s+)[|>][+-]?\d?\s*(?:#.*)?$/u.test(line) ? indent : undefined;
      lookAt(line, offset, report);
    }
    offset += line.length + 1;
  }
  return diagnostics;
}

type Report = (message: string, at: Omit<At, 'file'>, help: string) => void;

function lookAt(line: string, offset: number, report: Report): void {
  if (/^%YAML\s+1\.[01]/u.test(line))
    report(
      'a %YAML 1.1 directive makes NO a boolean and 010 the number 8',
      { offset, length: line.length },
      'remove the directive',
    );
  if (/^\s*#/u.test(line)) return;
  const tab = /^ *\t/u.exec(line);
  if (tab !== null)
    report(
      'a tab in the indentation',
      { offset: offset + tab[0].length - 1, length: 1 },
      'indent with spaces',
    );
  for (const { at, source, flow } of unquotedExpressions(line)) {
    const where = { offset: offset + at, length: source.length };
    const quoted = source.includes("'") ? `"${source.replaceAll('"', "'")}"` : `'${source}'`;
    if (flow) report('an expression inside { } or [ ] must be in quotes', where, `write ${quoted}`);
    else if (/: |:$/u.test(source))
      report(
        'an expression that holds ": " must be in quotes, or YAML takes it for a map',
        where,
        `write ${quoted}`,
      );
    else if (source.includes(' #'))
      report(
        'an expression that holds " #" must be in quotes, or YAML takes the rest for a comment',
        where,
        `write ${quoted}`,
      );
  }
  const braces = /(?<![$"'{\w])\{\{\s*[\w.]+\s*\}\}/u.exec(line);
  if (braces !== null && !insideQuotes(line, braces.index))
    report(
      '{{ }} is a map to YAML',
      { offset: offset + braces.index, length: braces[0].length },
      `expressions are written \${{ ${braces[0].slice(2, -2).trim()} }}`,
    );
}

/** `${{ … }}` outside of quotes and comments; `flow` where a bracket is open before it on the line. */
function* unquotedExpressions(
  line: string,
): Generator<{ readonly at: number; readonly source: string; readonly flow: boolean }> {
  for (let at = line.indexOf('${{'); at !== -1; at = line.indexOf('${{', at + 3)) {
    const before = line.slice(0, at);
    if (insideQuotes(line, at) || / #/u.test(outsideQuotes(before))) continue;
    const end = line.indexOf('}}', at);
    const open = outsideQuotes(before.replaceAll(/\$\{\{.*?\}\}/gu, ''));
    const depth = [...open].reduce(
      (sum, character) => sum + ('{['.includes(character) ? 1 : 0) - ('}]'.includes(character) ? 1 : 0),
      0,
    );
    yield {
      at,
      source: line.slice(at, end === -1 ? line.length : end + 2),
      flow: depth > 0 && /[:,[{-]\s*$/u.test(before),
    };
  }
}

function insideQuotes(line: string, index: number): boolean {
  let quote = '';
  for (let at = 0; at < index; at += 1) {
    const character = line[at]!;
    if (quote === '"' && character === '\\') at += 1;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if ((character === '"' || character === "'") && /(?:^|[\s:,[{-])$/u.test(line.slice(0, at)))
      quote = character;
  }
  return quote !== '';
}

function outsideQuotes(text: string): string {
  return text.replaceAll(/(?<=^|[\s:,[{-])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/gu, '');
}
