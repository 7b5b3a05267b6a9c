import { type Emulator, readyToken } from '../../src/emulator/server.ts';
import type { Operations } from '../../src/operations/operation.ts';
import { fill } from '../../src/operations/template.ts';
import { readAnswer } from '../../src/partner-center/answer.ts';
import { buildRequest } from '../../src/partner-center/request.ts';

export type Fields = Record<string, unknown>;

/** What a documented request meets at the emulator: things made before it, under ids of the emulator's own. */
export interface Scene {
  readonly operations: Operations;
  readonly emulator: Emulator;
  /** Place of the path → the id at the emulator. */
  readonly ids: Record<string, string>;
  /** Text of the sample → what takes its place. */
  readonly exchanged: Map<string, string>;
  /** Sends an operation of the catalogue with inputs; its result. Throws where it is refused. */
  send(name: string, input: Readonly<Record<string, unknown>>): Promise<Fields>;
}

export function openScene(emulator: Emulator, operations: Operations): Scene {
  return {
    operations,
    emulator,
    ids: {},
    exchanged: new Map(),
    send: (name, input) => send(emulator, operations, name, input),
  };
}

async function send(
  emulator: Emulator,
  operations: Operations,
  name: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Fields> {
  const operation = operations.get(name);
  if (operation === undefined) throw new Error(`the scene needs ${name}`);
  const { merge } = operation;
  const base =
    merge === undefined
      ? {}
      : { base: await send(emulator, operations, merge.operation, fill(merge.with, { input }) as Fields) };
  const { method, url, headers, body } = buildRequest(operation, input, {
    ...requestOptions(emulator),
    ...base,
  });
  const wire = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await wire.text();
  const answer = readAnswer(
    operation,
    { status: wire.status, headers: Object.fromEntries(wire.headers), body: text },
    0,
  );
  if (answer.type === 'ok') return answer.result as Fields;
  throw new Error(`the scene's ${name} was answered ${wire.status}: ${text.slice(0, 300)}`);
}

let requests = 0;

function requestOptions(emulator: Emulator) {
  requests += 1;
  return {
    root: emulator.url,
    requestId: `scene-${requests}`,
    correlationId: 'scene',
    locale: 'en-US',
    application: 'contract',
    token: readyToken,
    timeoutMs: 1000,
  };
}
