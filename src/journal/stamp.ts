import { crc32 } from 'node:zlib';

/**
 * A checksum at the end of every text in the state file. SQLite checks how its pages hang together, not what is written
 * in them: without it, a flipped bit in a request id or in a quantity would be believed.
 */
const mark = '#';
const stampLength = mark.length + 8;

/**
 * The text with its stamp.
 * @param place where the text belongs: what was moved to another place is damaged, too
 */
export function stamp(text: string, ...place: readonly (string | number)[]): string {
  return `${text}${mark}${stampOf(text, place)}`;
}

/** The text without its stamp; undefined where it is not what was written there. */
export function unstamp(stamped: string, ...place: readonly (string | number)[]): string | undefined {
  const text = stamped.slice(0, -stampLength);
  return stamped.slice(-stampLength) === `${mark}${stampOf(text, place)}` ? text : undefined;
}

function stampOf(text: string, place: readonly (string | number)[]): string {
  return crc32(`${JSON.stringify(place)}${text}`)
    .toString(16)
    .padStart(8, '0');
}
