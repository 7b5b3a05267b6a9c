import { open } from 'node:fs/promises';

/** A plan file says so in its first bytes; anything else is taken for a playbook, or for the id of a run. */
export async function isPlanFile(file: string): Promise<boolean> {
  const start = Buffer.alloc(16);
  try {
    await using handle = await open(file);
    await handle.read(start, 0, start.length, 0);
  } catch {
    return false; // loading it as a playbook says what is wrong with the path
  }
  return start.toString('latin1').startsWith('{"tenantryPlan"');
}
