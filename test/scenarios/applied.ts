import { parse } from 'csv-parse/sync';
import { expect } from 'vitest';
import type { Rig } from './rig.ts';

export type Row = Readonly<Record<string, string>>;

export function rowsOf(text: string): readonly Row[] {
  return parse(text, { columns: true, bom: true }) as Row[];
}

/** Applies a playbook of the rig's folder; all of it must succeed. Its results, row by row. */
export async function applied(
  rig: Rig,
  playbook: string,
  input: string,
  ...more: readonly string[]
): Promise<readonly Row[]> {
  const finished = await rig.run(['apply', playbook, '--input', input, '--yes', ...more]);
  expect(finished.stderr).not.toMatch(/\berror\b/u);
  expect(finished.status, finished.stderr).toBe(0);
  const file = /(\S+results\.csv)/u.exec(finished.stdout + finished.stderr)?.[1] ?? '';
  return rowsOf(await rig.read(file));
}

/** How often each operation was asked for since the emulator began; of several at one address, the first by name. */
export async function requestsOf(rig: Rig): Promise<Readonly<Record<string, number>>> {
  return (await rig.stats()).perOperation as Readonly<Record<string, number>>;
}
