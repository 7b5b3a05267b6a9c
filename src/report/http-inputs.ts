import { httpMethods } from '../operations/http.ts';
import type { JsonSchema } from '../schema/schema.ts';

const path: JsonSchema = {
  type: 'string',
  pattern: '^/',
  description: 'Path at the host; what an expression gives stays in its segment.',
};
const query: JsonSchema = { type: 'object', description: 'Query name → value; lists are joined by commas.' };

/** `with` of `uses: http.request`, for editors. */
export const httpInputs: JsonSchema = {
  type: 'object',
  description: 'One request that the catalogue does not list.',
  required: ['method', 'path'],
  additionalProperties: false,
  properties: {
    method: { enum: httpMethods },
    host: {
      enum: ['partnerCenter', 'partner', 'graph'],
      description: "Whose host of the target's cloud; Partner Center's own unless said.",
    },
    path,
    query,
    headers: { type: 'object', description: 'Further headers; tokens, ids and lengths are Tenantry’s own.' },
    body: { description: 'Sent as JSON.' },
    expect: {
      description: 'Statuses that are the answer, up to 499; every status of success unless said.',
      anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'integer' } }],
    },
    repeatable: {
      type: 'boolean',
      description: 'Whether a second, equal request changes nothing. Required but for GET.',
    },
    doubt: {
      enum: ['resend', 'lookup', 'hold'],
      description: 'Sent and never answered: what then. hold, or resend where it is repeatable.',
    },
    lookup: {
      type: 'object',
      description: 'A GET that shows whether it happened, for `doubt: lookup`.',
      required: ['path', 'equal'],
      additionalProperties: false,
      properties: {
        path,
        query,
        in: { type: 'string', description: 'Path of a list in its body, whose elements are looked at.' },
        equal: { type: 'object', description: 'Path in the body, or in an element → what it must equal.' },
      },
    },
  },
};
