import { type CatalogueJson, digestOf } from './built.ts';
import { anyHttpRequest, httpName } from './http.ts';
import type { Catalogue, Operations } from './operation.ts';

/** The operations that a catalogue in memory has. */
export function operationsOf(catalogue: CatalogueJson): Operations {
  let digest: string | undefined;
  return {
    names: Object.keys(catalogue).sort(),
    get digest() {
      digest ??= digestOf(catalogue);
      return digest;
    },
    get: (name) =>
      Object.hasOwn(catalogue, name) ? catalogue[name] : name === httpName ? anyHttpRequest : undefined,
  };
}

/**
 * The operations of a catalogue with those that a partner adds. What is there already stays as it is: the caller has
 * seen to it that no name comes twice.
 * @param added the entries, resolved
 * @param catalogues the folders that they come from, with their texts
 */
export function extend(base: Operations, added: CatalogueJson, catalogues: readonly Catalogue[]): Operations {
  const own = operationsOf(added);
  let digest: string | undefined;
  return {
    names: [...base.names, ...own.names].sort(),
    get digest() {
      digest ??= digestOf({ base: base.digest, added });
      return digest;
    },
    get: (name) => base.get(name) ?? own.get(name),
    catalogues,
  };
}
