import type { Reply } from '../reply.ts';

/** A refusal in the words of the identity platform; the number is AADSTS's. */
export function oauthError(status: number, error: string, number: number, text: string): Reply {
  const ids = {
    trace_id: '00000000-0000-4000-8000-000000000002',
    correlation_id: '00000000-0000-4000-8000-000000000003',
  };
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${number}: ${text} Trace ID: ${ids.trace_id}`,
      error_codes: [number],
      timestamp: new Date(0).toISOString(),
      ...ids,
    },
  };
}
