import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../src/cli/version.ts';

/** The structural rules of docs/architecture.md. A rule exists only if a test holds it. */

const root = path.join(import.meta.dirname, '..');

interface Source {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly string[];
}

const sources: readonly Source[] = filesBelow('src').map((file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  return {
    file,
    folder: file.split('/').length > 2 ? file.split('/')[1]! : '',
    text,
    lines: text.split('\n'),
    imports: importsOf(file),
  };
});

function importsOf(file: string): readonly string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/gu)].map(([, target]) =>
    path.posix.normalize(path.posix.join(path.posix.dirname(file), target!)),
  );
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.posix.join(path.relative(root, entry.parentPath), entry.name))
    .sort();
}

/** Lowest first; a folder imports from lower layers and from itself. */
const layers: readonly (readonly string[])[] = [
  ['diagnostics', 'world', 'schema'],
  ['operations', 'expression', 'load'],
  ['check', 'partner-center'],
  ['plan'],
  ['journal'],
  ['run'],
  ['workers', 'report'],
  ['cli'],
];
const layerOf = new Map(
  layers.flatMap((folders, layer) => folders.map((folder) => [folder, layer] as const)),
);
const emulatorMayImport = ['operations', 'schema', 'world', 'emulator'];

describe('the layers', () => {
  it.each(sources)('$file imports from lower layers only', ({ file, folder, imports }) => {
    const wrong = imports.filter((target) => {
      const other = target.split('/')[1]!;
      if (folder === other) return false;
      if (folder === '') return other !== 'cli';
      if (folder === 'emulator') return !emulatorMayImport.includes(other);
      if (folder === 'cli' && other === 'emulator') return false;
      return !((layerOf.get(other) ?? Number.POSITIVE_INFINITY) < layerOf.get(folder)!);
    });
    expect(wrong, file).toEqual([]);
  });

  it('keeps the world out of what must be pure', () => {
    const pure = sources.filter(
      ({ file, folder }) =>
        folder === 'check' ||
        ['src/plan/compare.ts', 'src/journal/replay.ts', 'src/run/settle.ts', 'src/run/retry.ts'].includes(
          file,
        ),
    );
    const impure = pure.filter(({ imports }) => imports.some((target) => target.startsWith('src/world/')));
    expect(impure.map(({ file }) => file)).toEqual([]);
  });

  it('has report take types only from the stages before it', () => {
    const code = sources
      .filter(({ folder }) => folder === 'report')
      .flatMap(({ file, lines }) =>
        lines
          .filter(
            (line) =>
              /^import \{/u.test(line) &&
              /'(?:\.\.\/)+(?:plan|run|journal|check)\//u.test(line) &&
              !/\{(?:\s*type \w+,?)+\s*\}/u.test(line),
          )
          .map((line) => `${file}: ${line}`),
      );
    expect(code).toEqual([]);
  });

  it('has no ring of imports, types included', () => {
    const graph = new Map(sources.map(({ file, imports }) => [file, imports]));
    const done = new Set<string>();
    const rings: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) {
        rings.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(rings).toEqual([]);
  });
});

describe('the sizes', () => {
  it('keeps every file to 350 lines', () => {
    expect(
      sources.filter(({ lines }) => lines.length > 351).map(({ file, lines }) => `${file}: ${lines.length}`),
    ).toEqual([]);
  });

  it('keeps nine files of ten to 250 lines', () => {
    const sizes = sources.map(({ lines }) => lines.length).sort((a, b) => a - b);
    expect(sizes[Math.ceil(sizes.length * 0.9) - 1]).toBeLessThanOrEqual(251);
  });

  it('keeps every function to 70 lines', () => {
    expect(sources.flatMap(longFunctions)).toEqual([]);
  });

  it('has main.ts fit on a screen', () => {
    expect(sources.find(({ file }) => file === 'src/main.ts')?.lines.length).toBeLessThanOrEqual(61);
  });
});

/** Top-level functions and methods by their closing brace at the same indentation; the formatter makes that exact. */
function longFunctions({ file, lines }: Source): readonly string[] {
  const found: string[] = [];
  lines.forEach((line, index) => {
    const start =
      /^(\s*)(?:export )?(?:async )?(?:function\*? \w+|(?:static |readonly |private )?\w+\([^)]*\)[^;=]*\{$)/u.exec(
        line,
      );
    if (start === null || /^\s*(?:if|for|while|switch|catch|return|it|describe)\b/u.test(line)) return;
    const end = lines.findIndex((other, at) => at > index && other.startsWith(`${start[1]}}`));
    if (end - index + 1 > 70) found.push(`${file}:${index + 1}: ${end - index + 1} lines`);
  });
  return found;
}

describe('the words', () => {
  const banned: readonly (readonly [RegExp, string])[] = [
    [/\bTODO\b|\bFIXME\b|\bXXX\b/u, 'unfinished work'],
    [/\bexport default\b/u, 'a default export'],
    [/console\.(?:log|error|warn)/u, 'console; write to the stream that is meant'],
    [/@ts-(?:ignore|expect-error)/u, 'a silenced type error'],
  ];
  it.each(banned)('%s does not occur in src', (pattern) => {
    expect(
      sources.flatMap(({ file, lines }) =>
        lines.flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
      ),
    ).toEqual([]);
  });

  it('has no folder that says nothing', () => {
    expect(
      sources
        .filter(({ file }) => /\/(?:utils?|helpers?|common|misc|lib)[/.]/u.test(file))
        .map(({ file }) => file),
    ).toEqual([]);
  });
});

describe('dead files', () => {
  it('has none: every source is reached from main.ts, a tool or the emulator', () => {
    const graph = new Map(sources.map(({ file, imports }) => [file, imports]));
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const next of graph.get(file) ?? []) visit(next);
    };
    visit('src/main.ts');
    visit('src/report/html/client/main.ts'); // bundled by itself, by tools/build.ts
    for (const tool of filesBelow('tools')) for (const file of importsOf(tool)) visit(file);
    expect(sources.map(({ file }) => file).filter((file) => !reached.has(file))).toEqual([]);
  });
});

describe('what ships', () => {
  it('says the version that package.json says', () => {
    expect(version).toBe(
      (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version,
    );
  });

  it('records no registry address in the lock file', () => {
    expect(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).not.toContain('"resolved": "http');
  });
});
