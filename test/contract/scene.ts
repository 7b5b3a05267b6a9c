import { offers } from '../../src/emulator/offers.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import { catalogItemId, wares } from '../../src/emulator/wares.ts';
import type { Operation, Operations } from '../../src/operations/operation.ts';
import type { Sample } from '../../tools/reference-data.ts';
import { before } from './before.ts';
import { makeByEntry, makers, seats } from './makers.ts';
import { openScene, type Scene } from './rig.ts';

/**
 * Sets the scene that a documented request needs: the customer, user, order … that its path names are made at the
 * emulator first, through its API, and the sample's ids are exchanged for those that the emulator gave.
 */
export async function setScene(
  operation: Operation,
  sample: Sample,
  emulator: Emulator,
  operations: Operations,
): Promise<Scene> {
  const scene = openScene(emulator, operations);
  const parts = new URL(sample.request.path, 'http://host').pathname.split('/');
  const places = operation.path.split('/');
  for (const [index, part] of places.entries()) {
    const place = /^\{(\w+)\}$/u.exec(part)?.[1];
    if (place === undefined) continue;
    const make = makers[place] ?? ((given: Scene) => makeByEntry(given, places.slice(0, index).join('/')));
    const given = decodeURIComponent(parts[index] ?? '').trim();
    const id = isKnown(given) ? given : await make(scene, operation);
    if (id === undefined) continue;
    scene.ids[place] = id;
    scene.exchanged.set(given, id);
  }
  exchangeWares(sample.request.body, scene);
  const prepare = before[operation.name];
  if (prepare !== undefined) await prepare(scene, sample);
  else if (operation.kind === 'list') await makeByEntry(scene, operation.path);
  return scene;
}

/** What the emulated marketplace sells under this name. */
function isKnown(name: string): boolean {
  const wanted = name.toLowerCase();
  const sold = wares.flatMap((ware) => [
    ware.productId,
    ware.skuId,
    ware.availabilityId,
    catalogItemId(ware),
  ]);
  return [...sold, ...offers.map(({ id }) => id)].some((id) => id.toLowerCase() === wanted);
}

/** Samples buy what the emulated marketplace does not sell; it sells something like it. */
function exchangeWares(body: unknown, scene: Scene): void {
  if (typeof body !== 'object' || body === null) return;
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string') exchangeWares(value, scene);
    else if (/^(?:catalogItemId|offerId)$/iu.test(name) && !isKnown(value))
      scene.exchanged.set(value, value.includes(':') ? seats.catalogItemId : offers[0]!.id);
  }
}
