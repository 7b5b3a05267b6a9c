import { createHash } from 'node:crypto';

/** Namespace of Tenantry's request ids (RFC 9562, section 6.6). Changing it would orphan every open run. */
const namespace = Buffer.from('7c0d3c9be8b54f1c9a52d0c9f3a6b8e1', 'hex');

/**
 * The MS-RequestId of one logical attempt: a UUIDv5, so that a resend after a timeout or a crash carries the
 * same id, and no two requests that mean different things ever share one.
 * @param attempt logical attempt, from 1: a business answer ends it and the next one has a new id
 */
export function requestIdOf(run: string, recordKey: string, path: string, attempt: number): string {
  const name = JSON.stringify([run, recordKey, path, attempt]); // JSON: no two lists share a text
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
