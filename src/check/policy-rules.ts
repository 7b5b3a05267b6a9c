import type { Policy, Rule } from './policy.ts';

/** Whether a pattern of a policy means an operation: its name, or with `*` for any part of it. */
export function matchesOperation(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/gu, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(name);
}

/** `product` means each of its SKUs, `product:sku` each of its availabilities. */
function matchesSku(word: string, item: string): boolean {
  const [short, long] = [word.toLowerCase(), item.toLowerCase()];
  return long === short || long.startsWith(`${short}:`);
}

function matchesCountry(word: string, country: string): boolean {
  return word === country.toUpperCase();
}

type Matches = (word: string, value: string) => boolean;

/** Why a rule does not allow something, in words that follow its name. */
function against({ allowed, forbidden }: Rule, value: string, matches: Matches): string | undefined {
  if (forbidden.some((word) => matches(word, value))) return 'is forbidden';
  if (allowed === undefined || allowed.some((word) => matches(word, value))) return undefined;
  return `is not among what is allowed (${allowed.slice(0, 10).join(', ')}${allowed.length > 10 ? ', …' : ''})`;
}

/**
 * Why a policy does not let an operation be called. What is allowed is said of what changes something: reads are, unless
 * they are forbidden.
 */
export function operationAgainst(
  policy: Pick<Policy, 'operations'>,
  operation: { readonly name: string; readonly kind: string },
): string | undefined {
  const reads = operation.kind === 'read' || operation.kind === 'list';
  const rule: Rule = reads ? { forbidden: policy.operations.forbidden } : policy.operations;
  const why = against(rule, operation.name, matchesOperation);
  return why === undefined ? undefined : `the operation ${operation.name} ${why}`;
}

const countryNames: ReadonlySet<string> = new Set(['country', 'usageLocation']);
const itemNames: ReadonlySet<string> = new Set([
  'catalogItemId',
  'toCatalogItemId',
  'offerId',
  'targetOfferId',
]);

/** Why a policy does not let something with these inputs be sent. What is not known yet is judged once it is. */
export function inputAgainst(
  { countries, skus }: Pick<Policy, 'countries' | 'skus'>,
  input: unknown,
): readonly string[] {
  const found = new Set<string>();
  for (const country of textsIn(input, countryNames)) {
    const why = against(countries, country, matchesCountry);
    if (why !== undefined) found.add(`the country ${country} ${why}`);
  }
  for (const item of textsIn(input, itemNames)) {
    const why = itemAgainst({ skus }, item);
    if (why !== undefined) found.add(why);
  }
  return [...found];
}

/** Why a policy does not let something be bought. */
export function itemAgainst({ skus }: Pick<Policy, 'skus'>, item: string): string | undefined {
  const why = against(skus, item, matchesSku);
  return why === undefined ? undefined : `the SKU ${item} ${why}`;
}

/** Texts of fields with certain names, however deep. */
function* textsIn(value: unknown, names: ReadonlySet<string>): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (names.has(name) && typeof inner === 'string') yield inner;
    else yield* textsIn(inner, names);
  }
}
