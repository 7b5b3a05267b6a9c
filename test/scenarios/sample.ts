import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Rig } from './rig.ts';
import { workflows } from './rig.ts';

/** The onboarding sample as tests and proofs use it: copied into a folder of theirs, whole or its first rows. */

export interface Sample {
  readonly playbook: string;
  readonly customers: string;
  readonly users: string;
  /** Words of the command line that name them. */
  readonly args: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly userRows: readonly Readonly<Record<string, string>>[];
}

/** Copies the sample; `rows` keeps the first so many customers and the users of these. */
export async function onboarding(rig: Rig, rows = Number.POSITIVE_INFINITY): Promise<Sample> {
  const source = path.join(workflows, 'onboard-customers');
  const playbook = rig.file('playbook.yaml');
  await copyFile(path.join(source, 'playbook.yaml'), playbook);
  const customers = await firstRows(path.join(source, 'customers.csv'), rig.file('customers.csv'), rows);
  const users = await firstRows(
    path.join(source, 'users.csv'),
    rig.file('users.csv'),
    Number.POSITIVE_INFINITY,
    (row) => customers.some(({ domain }) => domain === row.domain),
  );
  const args = ['--input', 'customers.csv', '--related', 'users=users.csv'];
  return {
    playbook,
    customers: rig.file('customers.csv'),
    users: rig.file('users.csv'),
    args,
    rows: customers,
    userRows: users,
  };
}

async function firstRows(
  from: string,
  to: string,
  rows: number,
  keep: (row: Readonly<Record<string, string>>) => boolean = () => true,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const text = await readFile(from, 'utf8');
  const parsed = parse(text, { columns: true, bom: true, raw: true }) as {
    record: Record<string, string>;
    raw: string;
  }[];
  const kept = parsed.filter(({ record }) => keep(record)).slice(0, rows);
  const header = text.slice(0, text.indexOf('\n') + 1);
  await writeFile(
    to,
    header + kept.map(({ raw }) => raw.replace(/^\n/u, '').replace(/\n?$/u, '\n')).join(''),
  );
  return kept.map(({ record }) => record);
}
