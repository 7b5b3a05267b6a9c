import { describe, expect, it } from 'vitest';
import type { PlannedRecord } from '../../src/plan/plan.ts';
import { rows, stepsOf } from '../run/playbooks.ts';
import { makeRig } from '../run/rig.ts';

/** A plan reads before anything is written, and its record reads after. */

const user = (id: string, name: string, condition: string) => `
  - id: ${id}
    if: \${{ ${condition} }}
    uses: users.create
    with: { customerId: c, userPrincipalName: ${name}, displayName: ${name}, usageLocation: US, passwordProfile: { password: p } }
`;
const list = (id: string) => `
  - { id: ${id}, uses: users.list, with: { customerId: c } }
`;
const playbook = stepsOf(
  list('before') +
    user('first', 'ana@c', '!steps.before.items.exists(u, u.userPrincipalName == "ana@c")') +
    list('after') +
    user('second', 'bo@c', 'size(steps.after.items) == 1'),
);
const actionsWith = async (...users: readonly Record<string, unknown>[]) => {
  const rig = await makeRig(playbook, rows(1), { prepare: (service) => service.users.push(...users) });
  const { actions } = rig.stored.records[0]!.planned as PlannedRecord;
  return { rig, actions: actions.map(({ path, action }) => `${path} ${action}`) };
};

describe('a read that comes after a write of the same kind of thing', () => {
  it('is not known in the plan, nor is what hangs on it, and the record goes by what it reads', async () => {
    const { rig, actions } = await actionsWith();
    expect(actions).toEqual(['before read', 'first create', 'after read', 'second conditional']);
    await rig.run();
    expect(rig.service.users.map(({ userPrincipalName }) => userPrincipalName)).toEqual(['ana@c', 'bo@c']);
  });

  it('is known where nothing is to be written', async () => {
    const ana = { id: '1', customerId: 'c', userPrincipalName: 'ana@c' };
    const { actions } = await actionsWith(ana, { ...ana, id: '2', userPrincipalName: 'bo@c' });
    expect(actions).toEqual(['before read', 'first skip', 'after read', 'second skip']);
  });
});
