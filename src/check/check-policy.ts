import type { Checked } from '../diagnostics/diagnostic.ts';
import { closest } from '../diagnostics/suggest.ts';
import type { Document, Node } from '../load/document.ts';
import type { Operations } from '../operations/operation.ts';
import type { Policy, Rule, Spending } from './policy.ts';
import { matchesOperation } from './policy-rules.ts';
import { Fields, kindOf, Problems, placeOf } from './problems.ts';

const policyVersion = 1;

/** Checks a policy file. Pure. */
export function checkPolicy(document: Document, operations: Operations): Checked<Policy> {
  const problems = new Problems();
  if (document.root.type !== 'map') {
    problems.error('WRONG_TYPE', `a policy is ${kindOf(document.root)}`, placeOf(document.root), {
      expected: 'a map with tenantryPolicy and name',
    });
    return { ok: false, diagnostics: problems.found };
  }
  const fields = new Fields(document.root, 'a policy', problems);
  const version = fields.required('tenantryPolicy');
  if (version !== undefined && !(version.type === 'scalar' && version.value === policyVersion))
    problems.error('WRONG_VALUE', 'this version of policies is not known', placeOf(version), {
      expected: String(policyVersion),
    });
  const name = fields.required('name');
  const mostOrders = fields.integer('mostOrders', 0);
  const mostSeatsPerCustomer = fields.integer('mostSeatsPerCustomer', 0);
  const spending = checkSpending(fields, problems);
  const policy: Policy = {
    file: document.file,
    source: document.text,
    name: (name && fields.text('name', name)) ?? '',
    operations: checkRule(fields, 'operations', problems, operationProblem(operations)),
    skus: checkRule(fields, 'skus', problems, skuProblem),
    countries: checkRule(fields, 'countries', problems, countryProblem),
    ...(mostOrders === undefined ? {} : { mostOrders }),
    ...(mostSeatsPerCustomer === undefined ? {} : { mostSeatsPerCustomer }),
    ...(spending === undefined ? {} : { spending }),
  };
  fields.text('description');
  fields.end([
    ...['tenantryPolicy', 'name', 'description', 'operations', 'skus', 'countries'],
    ...['mostOrders', 'mostSeatsPerCustomer', 'spending'],
  ]);
  return problems.failed
    ? { ok: false, diagnostics: problems.found }
    : { ok: true, value: policy, diagnostics: problems.found };
}

/** What is wrong with one word of a rule. */
type WordProblem = (word: string) => { readonly message: string; readonly didYouMean?: string } | undefined;

function checkRule(fields: Fields, name: string, problems: Problems, wrong: WordProblem): Rule {
  const node = fields.map(name);
  if (node === undefined) return { forbidden: [] };
  const rule = new Fields(node, name, problems);
  const allowed = wordsOf(rule, 'allowed', problems, wrong);
  const forbidden = wordsOf(rule, 'forbidden', problems, wrong);
  rule.end(['allowed', 'forbidden']);
  return { ...(allowed === undefined ? {} : { allowed }), forbidden: forbidden ?? [] };
}

function wordsOf(
  rule: Fields,
  name: string,
  problems: Problems,
  wrong: WordProblem,
): readonly string[] | undefined {
  return rule.list(name)?.flatMap((node: Node) => {
    if (node.type !== 'scalar' || typeof node.value !== 'string') {
      problems.error('WRONG_TYPE', `'${name}' holds ${kindOf(node)}`, placeOf(node), {
        expected: 'text; in quotes where YAML would read it as something else, such as "NO"',
      });
      return [];
    }
    const problem = wrong(node.value);
    if (problem === undefined) return [node.value];
    const { message, ...more } = problem;
    problems.error('WRONG_VALUE', message, placeOf(node), more);
    return [];
  });
}

/** A rule on a name that is mistyped would forbid nothing. */
function operationProblem(operations: Operations): WordProblem {
  return (word) => {
    if (operations.names.some((name) => matchesOperation(word, name)) || word === 'http.request')
      return undefined;
    const near = closest(word, operations.names);
    return {
      message: `no operation is called '${word}'`,
      ...(near === undefined ? {} : { didYouMean: near }),
    };
  };
}

const skuProblem: WordProblem = (word) =>
  /^[\w-]+(?::[\w-]+){0,2}$/u.test(word)
    ? undefined
    : { message: `'${word}' is no product, product:sku or catalogItemId` };

const countryProblem: WordProblem = (word) =>
  /^[A-Z]{2}$/u.test(word) ? undefined : { message: `'${word}' is no country of two capital letters` };

function checkSpending(fields: Fields, problems: Problems): Spending | undefined {
  const node = fields.map('spending');
  if (node === undefined) return undefined;
  const spending = new Fields(node, 'spending', problems);
  const mostNode = spending.required('most');
  const currencyNode = spending.required('currency');
  const pricesNode = spending.required('prices');
  const most = mostNode?.type === 'scalar' ? mostNode.text.trim() : undefined;
  if (mostNode !== undefined && (most === undefined || !/^\d+(?:\.\d{1,12})?$/u.test(most)))
    problems.error('WRONG_VALUE', "'most' is no amount", placeOf(mostNode), {
      expected: 'a decimal number, such as 25000',
    });
  const currency = currencyNode && spending.text('currency', currencyNode);
  if (currency !== undefined && !/^[A-Z]{3}$/u.test(currency))
    problems.error('WRONG_VALUE', `'${currency}' is no currency`, placeOf(currencyNode!), {
      expected: 'three capital letters, such as EUR',
    });
  const prices = pricesNode && spending.text('prices', pricesNode);
  const unknownPrices = spending.choice('unknownPrices', ['refuse', 'say']) ?? 'refuse';
  spending.end(['most', 'currency', 'prices', 'unknownPrices']);
  return most === undefined || currency === undefined || prices === undefined
    ? undefined
    : { most, currency, prices, unknownPrices };
}
