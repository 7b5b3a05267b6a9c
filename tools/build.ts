/**
 * Builds dist/: one bundle with a chunk for each lazily loaded part, and the catalogue as resolved JSON so that
 * starting up parses no YAML, and no more JSON than is asked for. `node tools/build.ts`.
 */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { packCatalogue } from '../src/operations/built.ts';
import { buildCatalogue } from '../src/operations/read.ts';

const root = new URL('../', import.meta.url);
const dist = new URL('dist/', root);

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
  minify: true,
  keepNames: true,
  sourcemap: false,
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  // Bundled CommonJS packages call require(); ES modules have none of their own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await writeFile(new URL('catalogue.jsons', dist), packCatalogue(buildCatalogue()));
await chmod(new URL('tenantry.js', dist), 0o755);
