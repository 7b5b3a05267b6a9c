import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { validatorOf } from '../../src/check/json-schema.ts';
import { readyToken, startEmulator } from '../../src/emulator/server.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { loadOperations } from '../../src/operations/read.ts';
import { fill } from '../../src/operations/template.ts';
import { readAnswer } from '../../src/partner-center/answer.ts';
import { itemsOf } from '../../src/partner-center/pages.ts';
import type { JsonSchema } from '../../src/schema/schema.ts';
import { coverageOf, readOmitted } from '../../tools/coverage.ts';
import {
  documentedOperations,
  hasReferenceData,
  requestShape,
  type Sample,
  samples,
} from '../../tools/reference-data.ts';
import { deviations } from './deviations.ts';
import { readBack, withoutNulls } from './read-back.ts';
import type { Scene } from './rig.ts';
import { setScene } from './scene.ts';
import { shapeProblems } from './shape.ts';

/**
 * The contract with the documentation: every sample of its pages is a request that the catalogue can make, an answer
 * that it can read, and an exchange that the emulator answers alike. Data: ../shared/partner-center.
 */

it('has the reference data beside the project, in CI at least', () => {
  expect(hasReferenceData || process.env.CI !== 'true', 'there is no ../shared/partner-center').toBe(true);
});

const operations = loadOperations();
const omitted = hasReferenceData ? readOmitted() : undefined;
const found =
  omitted === undefined ? new Map() : coverageOf(operations, documentedOperations(), omitted).found;
const emulator = await startEmulator({ provisioningPolls: 0 }, operations);
afterAll(() => emulator.close());

/** What was met in this run, for the check of the list; vitest runs the tests of a file in order. */
const met: string[] = [];

const cases = (hasReferenceData ? samples() : []).map((sample) => {
  const readable = withoutPlaceholders(sample);
  return { name: sample.name, sample: readable, operation: operationOf(readable) };
});

const advice =
  'put it right, or say in test/contract/deviations.ts why it is so (a scene is missing: makers.ts, before.ts)';

describe.each(cases)('the sample $name', ({ sample, operation }) => {
  if (operation === undefined) {
    it('is of an operation that is left out with a reason', () => {
      const known = [...omitted!.omitted].some(
        (key) => key === sample.operation || key.split(' ')[0] === sample.page,
      );
      if (!known)
        expect(unknownProblems(sample, ['no operation of the catalogue has this request'])).toEqual([]);
    });
    return;
  }

  it('is a request and an answer as the catalogue has them', () => {
    expect(unknownProblems(sample, catalogueProblems(operation, sample)), advice).toEqual([]);
  });

  it('is answered by the emulator in the same way', async () => {
    expect(unknownProblems(sample, await emulatorProblems(operation, sample)), advice).toEqual([]);
  });
});

describe('the list of deviations', () => {
  it('holds none that is no longer needed', () => {
    const seen = new Set(met);
    const unused = deviations.filter(([name, problem]) => !seen.has(`${name}: ${problem}`));
    expect(hasReferenceData ? unused : [], 'take these rows out of test/contract/deviations.ts').toEqual([]);
  });
});

/** The problems that no row of the list explains, as rows to fix or to explain. */
function unknownProblems(sample: Sample, problems: readonly string[]): readonly string[] {
  const all = problems.map((problem) => `${sample.name}: ${problem}`);
  met.push(...all);
  const known = new Set(deviations.map(([name, problem]) => `${name}: ${problem}`));
  return all.filter((problem) => !known.has(problem));
}

/** `<customer-id>` and `{id}` in samples stand for an id, or for a country. */
function withoutPlaceholders(sample: Sample): Sample {
  const path = sample.request.path.replace(/^https?:\/\/[^/]+/u, '');
  let ids = 0;
  const filled = path.replaceAll(/<[^>]*>|\{[\w-]+\}/gu, (place) => {
    if (place.includes('country')) return 'US';
    ids += 1;
    return `1111111${ids}-2222-4333-8444-555555555555`;
  });
  return { ...sample, request: { ...sample.request, path: filled } };
}

/** By request; of several, the one that the data name, then the one of the page, then the one that reads it best. */
function operationOf(sample: Sample): Operation | undefined {
  const all = operations.names.map((name) => operations.get(name)!);
  const near = all.filter(
    ({ method, path }) => method === sample.request.method && matches(path, sample.request.path),
  );
  const keys = [...found.keys()].filter(
    (key) => key === sample.operation || key.split(' ')[0] === sample.page,
  );
  const named = new Set(keys.flatMap((key) => found.get(key) ?? []));
  const ours = near.filter(({ name }) => named.has(name));
  const ofPage = near.filter(({ page }) => page === sample.page);
  const candidates = ours.length > 0 ? ours : ofPage;
  return candidates.toSorted((a, b) => inputProblems(a, sample).length - inputProblems(b, sample).length)[0];
}

function matches(template: string, path: string): boolean {
  const places = requestShape('', template).split('/');
  const parts = path.replace(/\?.*$/u, '').toLowerCase().split('/');
  return (
    places.length === parts.length &&
    places.every((part, index) => part.trim() === '{}' || part.trim() === parts[index])
  );
}

function catalogueProblems(operation: Operation, sample: Sample): readonly string[] {
  return sample.response.status >= 400
    ? resultProblems(operation, sample)
    : [...inputProblems(operation, sample), ...resultProblems(operation, sample)];
}

function inputProblems(operation: Operation, { request }: Sample): readonly string[] {
  const { input, problems } = readBack(operation, request);
  return [...problems, ...misfits(operation.input, input).map((misfit) => `input${misfit}`)];
}

function resultProblems(operation: Operation, { response }: Sample): readonly string[] {
  // Some samples leave the body out; a request that was accepted (202) has none, and what it started is polled.
  if (response.body === null && operation.method !== 'HEAD' && response.status !== 204) return [];
  const headers = lowerCased(response.headers);
  const body = withoutNulls(response.body);
  const answer = readAnswer(
    operation,
    { status: response.status, headers, body: body === undefined ? '' : JSON.stringify(body) },
    0,
  );
  if (answer.type === 'refused')
    return response.status >= 400 ? [] : [`result: ${response.status} is read as a refusal`];
  if (answer.type !== 'ok') return [`result: ${response.status} is read as ${answer.type}`];
  const { result } = operation;
  if (operation.kind !== 'list') return misfits(result, answer.result).map((misfit) => `result${misfit}`);
  const schema = result.properties?.items?.items ?? {};
  const wrong = itemsOf(answer.result).flatMap((item) => misfits(schema, item));
  return [...new Set(wrong)].map((misfit) => `result item${misfit}`);
}

function misfits(schema: JsonSchema, value: unknown): readonly string[] {
  const validate = validatorOf(schema);
  validate(value);
  const words = (validate.errors ?? []).map(({ instancePath, keyword, message, params }) =>
    `${instancePath} ${keyword === 'additionalProperties' ? `has no ${String(params.additionalProperty)}` : message}`.replaceAll(
      /\/\d+/gu,
      '/#',
    ),
  );
  return [...new Set(words)];
}

async function emulatorProblems(operation: Operation, sample: Sample): Promise<readonly string[]> {
  emulator.state.clear();
  emulator.state.behaviour.profile = operation.partners[0]!;
  let scene: Scene;
  try {
    scene = await setScene(operation, sample, emulator, operations);
  } catch (error) {
    return [`scene: ${(error as Error).message.replaceAll(/[\da-f]{8}-[\da-f-]{27}/gu, '#')}`];
  }
  const answer = await exchange(operation, sample, scene);
  if (answer.status !== sample.response.status)
    return [`answer: ${answer.status} instead of ${sample.response.status}: ${told(answer.body)}`];
  const body = withoutNulls(sample.response.body);
  return [
    ...headerProblems(sample, answer.headers),
    ...(sample.response.status >= 400
      ? codeProblems(body, answer.body)
      : body === undefined
        ? []
        : shapeProblems(operation, body, answer.body)),
  ];
}

function told(body: unknown): string {
  const { code, description } = (body ?? {}) as { code?: unknown; description?: unknown };
  return `${String(code)} ${String(description).replaceAll(/[\da-f]{8}-[\da-f-]{27}/gu, '#')}`;
}

async function exchange(operation: Operation, { name, request }: Sample, scene: Scene) {
  const body =
    request.body === null || request.body === undefined
      ? undefined
      : exchanged(JSON.stringify(request.body), scene);
  const etag = await etagFor(operation, scene);
  const answer = await fetch(addressOf(operation, request.path, scene), {
    method: request.method,
    headers: {
      ...lowerCased(request.headers),
      'ms-requestid': name, // one that comes again would be answered as the first time
      'ms-correlationid': 'sample-correlation',
      ...(etag === undefined ? {} : { 'if-match': etag }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      authorization: `Bearer ${readyToken}`,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = (await answer.text()).replace(/^\uFEFF/u, '');
  return { status: answer.status, headers: answer.headers, body: jsonOf(text) };
}

function addressOf({ path }: Operation, documented: string, scene: Scene): string {
  const [target = '', ...query] = documented.split('?');
  const places = path.split('/');
  const parts = target.split('/').map((part, index) => {
    const id = scene.ids[places[index]?.replaceAll(/[{}]/gu, '') ?? ''];
    return id === undefined || !places[index]?.startsWith('{') ? part : encodeURIComponent(id);
  });
  const asked = exchanged(decodeURI(query.join('&')), scene).replaceAll('+', '%2B');
  return `${scene.emulator.url}${parts.join('/')}${asked === '' ? '' : `?${asked}`}`;
}

/** A text of the sample with the names that the emulator has for its things. */
function exchanged(text: string, scene: Scene): string {
  const names = [...scene.exchanged].filter(([from]) => from !== '');
  return names.reduce(
    (done, [from, to]) =>
      done.replaceAll(new RegExp(from.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&'), 'giu'), to),
    text,
  );
}

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function jsonOf(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

async function etagFor({ ifMatch, merge }: Operation, scene: Scene): Promise<string | undefined> {
  if (!ifMatch || merge === undefined) return undefined;
  const base = await scene.send(
    merge.operation,
    fill(merge.with, { input: scene.ids }) as Record<string, unknown>,
  );
  const { etag } = (base.attributes ?? {}) as Record<string, unknown>;
  return etag === undefined ? String(base.eTag) : `"${String(etag)}"`;
}

function headerProblems({ name: sample, response }: Sample, answered: Headers): readonly string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(response.headers)) {
    const ours = answered.get(name) ?? undefined;
    if (
      name.toLowerCase() === 'content-type' &&
      response.body !== null &&
      ours?.split(';')[0] !== value.split(';')[0]
    )
      problems.push(`answer: content-type ${ours}, not ${value}`);
    if (name.toLowerCase() === 'location' && locationShape(ours) !== locationShape(value))
      problems.push(`answer: location ${locationShape(ours)}, not ${locationShape(value)}`);
  }
  if (answered.get('ms-requestid') !== sample) problems.push('answer: another MS-RequestId');
  if (answered.get('ms-correlationid') !== 'sample-correlation')
    problems.push('answer: another MS-CorrelationId');
  return problems;
}

function locationShape(value: string | undefined): string {
  return String(value)
    .replace(/^https?:\/\/[^/]+/u, '')
    .replaceAll(/<[^>]*>|[\da-f]{8}-[\da-f-]{27}/gu, '{}')
    .toLowerCase();
}

function codeProblems(documented: unknown, answered: unknown): readonly string[] {
  const code = (body: unknown) => String((body as { code?: unknown } | undefined)?.code);
  return code(documented) === code(answered)
    ? []
    : [`answer: code ${code(answered)}, not ${code(documented)}`];
}
