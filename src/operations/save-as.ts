/** Names that Windows keeps for devices, whatever follows the dot. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;

/** What no file system of the three has in a name, and what would end it otherwise than it reads. */
const unusual = /[<>:"|?*\\\p{Cc}\p{Cf}\p{Cs}]|[. ]$/u;

/** Files that a run writes into its results folder itself. */
const own: ReadonlySet<string> = new Set(['results.csv', 'failed.csv', 'in-doubt.csv', 'remaining.csv']);

/**
 * Why a `saveAs` names no file below the results folder; undefined where it does. The same place must mean the same
 * file on every system, since a run may go on elsewhere than where it began.
 */
export function misplaced(place: string): string | undefined {
  if (place.startsWith('/') || /^[a-z]:/iu.test(place)) return 'it is absolute';
  const parts = place.split('/');
  if (parts.includes('..') || parts.includes('.')) return "it leads elsewhere by '.' or '..'";
  if (parts.includes('')) return 'a folder or the file in it has no name';
  const bad = parts.find(
    (part) => unusual.test(part) || devices.test(part) || Buffer.byteLength(part) > namesMax,
  );
  if (bad !== undefined) return `${JSON.stringify(bad)} is no file name everywhere`;
  if (place.toLowerCase().endsWith('.part')) return 'files that end in .part are unfinished ones';
  return own.has(place.toLowerCase()) ? `the run writes its own ${place}` : undefined;
}

/** Bytes that one name may have on every system, `.part` included. */
const namesMax = 250;
