import { createHash } from 'node:crypto';
import path from 'node:path';
import type { RecordWithEntries } from '../journal/journal.ts';
import { misplaced } from '../operations/save-as.ts';
import type { Files } from '../world/world.ts';

/** What a step that saved a file holds. */
export interface SavedFile {
  /** Below the run's results folder, as the playbook named it. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where the downloads of a run go. Every file belongs to one step of one record. */
export interface Downloads {
  /**
   * Keeps a place for its owner.
   * @returns why it cannot have it; undefined where it has
   */
  claim(place: string, owner: string): Promise<string | undefined>;
  /** Gives a place up to which nothing was saved. */
  release(place: string): void;
  /** Saves to a place that was claimed. Throws what the system says. */
  save(place: string, bytes: Uint8Array): Promise<SavedFile>;
}

export interface DownloadsOptions {
  readonly files: Files;
  readonly folder: string;
  /** When the run was begun: an older file is not its own and is not overwritten. */
  readonly begunAt: number;
  /** Place → owner of what the run saved before (`savedBy`). */
  readonly saved?: Iterable<readonly [string, string]>;
}

export function makeDownloads({ files, folder, begunAt, saved = [] }: DownloadsOptions): Downloads {
  const owners = new Map([...saved].map(([place, owner]) => [keyOf(place), owner]));
  return {
    claim: async (place, owner) => {
      const why = misplaced(place);
      if (why !== undefined) return `it cannot be saved as ${JSON.stringify(place)}: ${why}`;
      const key = keyOf(place);
      const other = owners.get(key);
      if (other !== undefined && other !== owner)
        return `${place} is the file of ${other} already: name another for every record with saveAs`;
      owners.set(key, owner); // before the wait below: of two at once one has it
      const changedAt = await files.changedAt(path.join(folder, place));
      if (changedAt === undefined || changedAt >= begunAt) return undefined;
      owners.delete(key);
      return `${path.join(folder, place)} is there already, older than this run: move it, or use another --results folder`;
    },
    release: (place) => {
      owners.delete(keyOf(place));
    },
    save: async (place, bytes) => {
      await files.write(path.join(folder, place), bytes);
      return {
        file: place,
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      };
    },
  };
}

/** Names that differ in case or in how accents are written are one file to some systems. */
function keyOf(place: string): string {
  return place.normalize('NFC').toLowerCase();
}

/** The owner of what a step of a record saves, as messages name it. */
export function ownerOf(recordKey: string, stepPath: string): string {
  return `${recordKey}, step ${stepPath}`;
}

/** What the journal says that records have saved: the files stay theirs when the run is gone on with. */
export async function savedBy(
  records: AsyncIterable<RecordWithEntries>,
): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for await (const { record, entries } of records)
    for (const entry of entries)
      if (entry.type === 'settled' && entry.path !== '' && isSavedFile(entry.result))
        found.push([entry.result.file, ownerOf(record.key, entry.path)]);
  return found;
}

function isSavedFile(result: unknown): result is SavedFile {
  if (typeof result !== 'object' || result === null) return false;
  const { file, bytes, sha256 } = result as Partial<Record<keyof SavedFile, unknown>>;
  return typeof file === 'string' && typeof bytes === 'number' && typeof sha256 === 'string';
}
