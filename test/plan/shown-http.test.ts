import { expect, it } from 'vitest';
import { loadOperations } from '../../src/operations/read.ts';
import { requestOf } from '../../src/plan/shown-request.ts';

it('shows a request that the catalogue does not list as it will leave', () => {
  const action = {
    path: 'note',
    uses: 'http.request',
    action: 'act',
    calls: 1,
    with: {
      method: 'POST',
      path: '/v1/customers/{customerId}/notes/{path2}',
      customerId: 'c 1',
      path2: { $unknown: 'steps.note.body' },
      query: { size: 5 },
      body: { text: 'x' },
    },
  } as const;
  expect(requestOf(action, loadOperations())).toEqual({
    operation: 'http.request',
    method: 'POST',
    path: '/v1/customers/c%201/notes/{path2}?size=5',
    body: { text: 'x' },
  });
});
