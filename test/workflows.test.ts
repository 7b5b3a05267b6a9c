import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/** What ships under workflows/ is listed, has something to be tried with, and is run from end to end by a scenario. */
const root = path.join(import.meta.dirname, '..');
const folder = path.join(root, 'workflows');
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const index = readFileSync(path.join(folder, 'README.md'), 'utf8');
const scenarios = readdirSync(path.join(root, 'test/scenarios'))
  .map((file) => readFileSync(path.join(root, 'test/scenarios', file), 'utf8'))
  .join('\n');

describe.each(names)('the workflow %s', (name) => {
  const playbook = readFileSync(path.join(folder, name, 'playbook.yaml'), 'utf8');

  it('stands in the list with its own description', () => {
    const description = /^description: (.+)$/mu.exec(playbook)?.[1];
    expect(index).toContain(`[${name}](${name}/playbook.yaml) | ${description} |`);
  });

  it('comes with a sample input', () => {
    expect(readdirSync(path.join(folder, name)).some((file) => file.endsWith('.csv'))).toBe(true);
  });

  it('is run by a scenario', () => {
    expect(scenarios).toContain(name);
  });
});

it('lists no workflow that is not there', () => {
  const listed = [...index.matchAll(/\]\(([\w-]+)\/playbook\.yaml\)/gu)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(names.toSorted());
});
