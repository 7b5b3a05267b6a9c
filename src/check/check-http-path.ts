import type { Node } from '../load/document.ts';
import type { Checking } from './check-expression.ts';
import { checkValue } from './check-value.ts';
import type { Value } from './playbook.ts';
import { placeOf } from './problems.ts';
import type { StepScope } from './scope.ts';

/** A path as operations have it, with a place for each expression, and what goes into the places. */
export interface HttpPath {
  readonly path: string;
  readonly inputs: Readonly<Record<string, Value>>;
}

/**
 * The path of a request, below the host that the target has. What an expression gives is encoded, so that it stays in
 * its own segment: the host and the rest of the path are what was reviewed.
 */
export function checkHttpPath(node: Node, scope: StepScope, checking: Checking): HttpPath | undefined {
  const value = checkValue(
    node,
    { schema: { type: 'string' }, required: true, name: 'path' },
    scope,
    checking,
  );
  if (value === undefined) return undefined;
  const parts =
    value.type === 'text' ? value.parts : value.type === 'literal' ? [String(value.value)] : undefined;
  const first = parts?.[0];
  const flaw = typeof first === 'string' ? flawOf(first, parts ?? []) : 'it begins with an expression';
  if (flaw !== undefined) {
    checking.problems.error('WRONG_VALUE', `'path' is no path: ${flaw}`, placeOf(node), {
      expected: 'a path at the host, such as /v1/customers/${{ steps.customer.id }}/notes',
    });
    return undefined;
  }
  const inputs: Record<string, Value> = {};
  let path = '';
  for (const part of parts ?? []) {
    if (typeof part === 'string') {
      path += part;
      continue;
    }
    const name = nameOf(path, inputs);
    inputs[name] = { type: 'expression', expression: part, at: node.at };
    path += `{${name}}`;
  }
  return { path, inputs };
}

/** The customer is named, since the service counts by it; whatever else there is by its number. */
function nameOf(before: string, taken: Readonly<Record<string, unknown>>): string {
  if (/\/customers\/$/iu.test(before) && taken.customerId === undefined) return 'customerId';
  return `path${Object.keys(taken).length + 1}`;
}

function flawOf(first: string, parts: readonly unknown[]): string | undefined {
  if (/^[a-z][a-z\d+.-]*:|^\/\//iu.test(first))
    return 'it names a host, and a token goes only to the hosts of the target (`host:`)';
  if (!first.startsWith('/')) return 'it does not begin with /';
  const literal = parts.map((part) => (typeof part === 'string' ? part : 'x')).join('');
  if (literal.includes('?')) return 'what stands behind ? goes under `query`';
  const odd = /[^\w\-.~!$&'()*+,;=:@%/]/u.exec(literal)?.[0];
  if (odd !== undefined) return `it holds ${JSON.stringify(odd)}`;
  if (/%(?:2e|2f|5c)/iu.test(literal)) return 'it holds an encoded dot or slash';
  return /\/\/|\/\.{1,2}(?:\/|$)/u.test(literal) ? 'it has an empty segment, or one of dots' : undefined;
}
