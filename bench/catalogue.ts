/**
 * What the catalogue adds to a command: opens the built file in a fresh process, and reads the operations that a
 * playbook uses. `node bench/catalogue.ts FILE NAME …` prints milliseconds.
 */
import { readFileSync } from 'node:fs';
import { openCatalogue } from '../src/operations/built.ts';

const [, , file, ...names] = process.argv;
const start = performance.now();
const operations = openCatalogue(readFileSync(file!));
for (const name of names) if (operations.get(name) === undefined) throw new Error(`no ${name}`);
process.stdout.write(String(performance.now() - start));
