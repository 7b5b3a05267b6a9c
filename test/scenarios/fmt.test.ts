import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRig, type Rig } from './rig.ts';

const untidy = `name: seats   # of a customer
tenantry: 1
steps:
- id: list
  uses: customers.list
  with: {filter: \${{ record.a }}}
`;
const tidy = `tenantry: 1
name: seats # of a customer
steps:
  - id: list
    uses: customers.list
    with: { filter: '\${{ record.a }}' }
`;

describe('tenantry fmt', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig.close());

  it('formats files in place, and says which; a second time there is nothing to do', async () => {
    await rig.write('a.yaml', untidy);
    await rig.write('b.yaml', tidy);
    const first = await rig.run(['fmt', 'a.yaml', 'b.yaml']);
    expect(first).toMatchObject({ status: 0, stdout: 'formatted  a.yaml\n', stderr: '' });
    expect(await rig.read('a.yaml')).toBe(tidy);
    expect(await rig.run(['fmt', 'a.yaml', 'b.yaml'])).toMatchObject({ status: 0, stdout: '' });
  });

  it('says with --check what would change, changes nothing, and exits with 1', async () => {
    await rig.write('c.yaml', untidy);
    const checked = await rig.run(['fmt', '--check', 'c.yaml']);
    expect(checked).toMatchObject({ status: 1, stdout: 'would change  c.yaml\n' });
    expect(await rig.read('c.yaml')).toBe(untidy);
    const json = await rig.run(['fmt', '--check', '--json', 'c.yaml']);
    expect(JSON.parse(json.stdout)).toEqual({ ok: false, files: [{ file: 'c.yaml', changed: true }] });
  });

  it('touches no file where one of them is wrong, and shows the place', async () => {
    await rig.write('good.yaml', untidy);
    await rig.write('bad.yaml', 'tenantry: 1\nname: [\n');
    const refused = await rig.run(['fmt', 'good.yaml', 'bad.yaml']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('bad.yaml:3:1');
    expect(await rig.read('good.yaml')).toBe(untidy);
  });

  it('keeps a file’s mode, and a link a link', async () => {
    const file = await rig.write('linked.yaml', untidy);
    await chmod(file, 0o640);
    await symlink(file, rig.file('link.yaml'));
    expect((await rig.run(['fmt', 'link.yaml'])).status).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(tidy);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
  });
});
