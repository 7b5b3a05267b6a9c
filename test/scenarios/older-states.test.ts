import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRig, type Rig } from './rig.ts';

/**
 * test/states holds a state file of every version of its tables, each with an interrupted run of six customers that the
 * version itself wrote (secrets encrypted with the rig's key). Whatever is newer goes on with it.
 */
let rig: Rig;
afterEach(() => rig?.close());

const states = path.join(import.meta.dirname, '../states');

const versions = [
  ['schema-1.db', ['state6.onmicrosoft.com']],
  ['schema-2.db', ['state5.onmicrosoft.com', 'state6.onmicrosoft.com']],
] as const;

describe('a state file of an older version', () => {
  it.each(versions)('%s is gone on with: what is open is done, and only that', async (name, left) => {
    rig = await openRig();
    await mkdir(rig.file('.tenantry'));
    await copyFile(path.join(states, name), rig.file('.tenantry/state.db'));

    const shown = JSON.parse((await rig.run(['show', '--json'])).stdout) as {
      readonly records: readonly { readonly key: string; readonly outcome: string }[];
    };
    const open = shown.records.filter(({ outcome }) => outcome === 'open').map(({ key }) => key);
    expect(open).toEqual(left);

    const resumed = await rig.run(['resume', '--target', rig.url]);
    expect(resumed.stderr).not.toMatch(/error/iu);
    expect(resumed.status).toBe(0);
    const { customers } = await rig.state();
    expect(customers.map(({ companyProfile }) => (companyProfile as { domain: string }).domain)).toEqual(
      open,
    );

    const exported = await rig.run(['export', '--secrets', '--results', 'out']);
    expect(exported.status).toBe(0);
    const rows = (await rig.read('out/results.csv')).trim().split(/\r?\n/u);
    expect(rows).toHaveLength(7);
    expect(rows.filter((row) => /!Aa"?$/u.test(row))).toHaveLength(6); // every password, decrypted
  });
});
