import { hash } from 'node:crypto';

/** Namespace of Tenantry's request ids (RFC 9562, section 6.6). Changing it would orphan every open run. */
const namespace = Buffer.from('7c0d3c9be8b54f1c9a52d0c9f3a6b8e1', 'hex');

/**
 * The MS-RequestId of one logical attempt: a UUIDv5, so that a resend after a timeout or a crash carries the
 * same id, and no two requests that mean different things ever share one.
 * @param attempt logical attempt, from 1: a business answer ends it and the next one has a new id
 */
export function requestIdOf(run: string, recordKey: string, path: string, attempt: number): string {
  const name = JSON.stringify([run, recordKey, path, attempt]); // JSON: no two lists share a text
  const hex = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
