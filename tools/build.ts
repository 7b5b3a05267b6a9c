/**
 * Builds dist/: one bundle with a chunk for each lazily loaded part, and the catalogue as resolved JSON so that
 * starting up parses no YAML, and no more JSON than is asked for. `node tools/build.ts`.
 */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import process from 'node:process';
import { build, type Plugin } from 'esbuild';
import { packCatalogue } from '../src/operations/built.ts';
import { buildCatalogue } from '../src/operations/read.ts';

const root = new URL('../', import.meta.url);
const dist = new URL('dist/', root);

/**
 * Where a module imports a built-in one, Node.js reads each of its exports, and so loads all that they stand for: streams,
 * workers and sockets for `node:fs`, `node:util` and `node:process`. So only what is used is read from it.
 */
const lightBuiltins: Plugin = {
  name: 'light-builtins',
  setup: (bundle) => {
    bundle.onResolve({ filter: /./ }, ({ path, importer, kind }) => {
      if (!isBuiltin(path) || kind !== 'import-statement') return undefined;
      // commander imports it for programs that have others as their commands.
      const unused = path === 'node:child_process' && importer.includes('/commander/');
      return { path: unused ? 'nothing' : path, namespace: 'builtin', sideEffects: false };
    });
    bundle.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: builtin(path) }));
  },
};

/** A module that esbuild leaves all out of that nobody imports. */
function builtin(name: string): string {
  if (name === 'nothing') return 'export default {};';
  // The oldest Node.js that can say that it is too old (src/main.ts) has no getBuiltinModule.
  if (/^(?:node:)?process$/u.test(name)) return 'export default globalThis.process;';
  const exported = Object.keys(process.getBuiltinModule(name) as object).filter((key) => key !== 'default');
  return `const module = globalThis.process.getBuiltinModule('${name}');
export default module;
${exported.map((key) => `export const ${key} = /* @__PURE__ */ (() => module.${key})();`).join('\n')}`;
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({
  absWorkingDir: root.pathname,
  entryPoints: { tenantry: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Names are not kept: a call for each function would set it, at every start and wherever one is made.
  minify: true,
  sourcemap: false,
  // Native and optional: found beside the program, or not at all.
  external: ['@napi-rs/keyring'],
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  // Bundled CommonJS packages call require(); ES modules have none of their own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [lightBuiltins],
  logLevel: 'warning',
});
await writeFile(new URL('catalogue.jsons', dist), packCatalogue(buildCatalogue()));
// Style and script of the pages that plan and report write: every page holds both.
await build({
  absWorkingDir: root.pathname,
  entryPoints: { page: 'src/report/html/page.css', 'page.client': 'src/report/html/client/main.ts' },
  outdir: 'dist',
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: ['es2022', 'chrome103', 'firefox113', 'safari16.4'],
  minify: true,
  // A page is one file of text: nothing in it may end the element that it stands in.
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
});
await chmod(new URL('tenantry.js', dist), 0o755);
