import { TransportError, type WireAnswer, type WireRequest } from '../../src/world/world.ts';
import type { Dice } from './dice.ts';
import { epoch, type Process } from './process.ts';
import type { Reply, Service, Wire } from './service.ts';
import type { Timeline } from './timeline.ts';

/** What can go wrong between a process and the service. `before`: it does not happen; `after`: it has happened. */
export const faults = {
  'no connection': 'before',
  'request lost': 'before',
  'error 500 before': 'before',
  'error 502 page': 'before',
  'error 503': 'before',
  throttled: 'before',
  'token expired': 'before',
  'answer lost': 'after',
  'answer cut off': 'after',
  'answer not JSON': 'after',
  'answer empty': 'after',
  'error 500 after': 'after',
  'error 504': 'after',
  'answer too late': 'after',
  'happens later': 'after',
  'delivered twice': 'after',
} as const;

export type Fault = keyof typeof faults;
const names = Object.keys(faults) as Fault[];

/** A request that a process sent: what the invariants look at. */
export interface Sent {
  readonly process: string;
  readonly at: number;
  readonly method: string;
  readonly target: string;
  readonly tenant: string | undefined;
  readonly group: string;
  readonly requestId: string;
  readonly body: string | undefined;
  endedAt: number;
  /** Asked to wait until then (virtual milliseconds). */
  throttledUntil?: number;
  /** The service did it. */
  happened: boolean;
  status?: number;
  fault?: Fault;
}

export interface WeatherOptions {
  readonly dice: Dice;
  readonly timeline: Timeline;
  readonly service: Service;
  readonly honoursRequestIds: boolean;
  /** Probability of a fault, and how many there may be in all: in the end it is fine weather. */
  readonly share: number;
  readonly most: number;
}

/** The network with its weather. */
export class Weather {
  readonly sent: Sent[] = [];
  readonly counted: Partial<Record<Fault, number>> = {};
  fine = false;
  #left: number;
  readonly #options: WeatherOptions;

  constructor(options: WeatherOptions) {
    this.#options = options;
    this.#left = options.most;
  }

  /** A process's transport. What it sends arrives even if the process dies meanwhile; what comes back may not. */
  transport(process: Process) {
    return {
      close: async () => {},
      send: (request: WireRequest): Promise<WireAnswer> => {
        if (!process.pass({ mayFreeze: false })) return new Promise(() => {});
        return new Promise((resolve, reject) => {
          const sent = this.#note(process, request);
          const end = (act: () => void) => () =>
            process.comeBack(() => {
              sent.endedAt = this.#options.timeline.now;
              act();
            });
          this.#carry(request, sent, {
            answer: (ms, answer) => {
              const date = new Date(epoch + this.#options.timeline.now).toUTCString();
              const dated = { ...answer, headers: { date, ...answer.headers } };
              this.#options.timeline.after(
                ms,
                end(() => resolve(dated)),
              );
            },
            fail: (ms, error) =>
              void this.#options.timeline.after(
                ms,
                end(() => reject(error)),
              ),
          });
        });
      },
    };
  }

  #note(process: Process, { method, url, headers, body }: WireRequest): Sent {
    const { pathname, search } = new URL(url);
    const sent: Sent = {
      process: process.name,
      at: this.#options.timeline.now,
      method,
      target: pathname + search,
      tenant: pathname.split('/')[3]?.toLowerCase(),
      group: groupOf(pathname),
      requestId: headers['ms-requestid'] ?? '',
      body,
      endedAt: Number.POSITIVE_INFINITY,
      happened: false,
    };
    this.sent.push(sent);
    return sent;
  }

  #carry(request: WireRequest, sent: Sent, back: Back): void {
    const { dice, timeline } = this.#options;
    const there = dice.between(5, 40);
    const home = dice.between(5, 40);
    const fault = this.#draw();
    if (fault !== undefined) sent.fault = fault;
    if (fault === 'no connection')
      return back.fail(there, new TransportError('connect ECONNREFUSED', { sent: 'no', reason: 'refused' }));
    if (fault === 'request lost') return back.fail(there + home, resetError());
    // Cut off while the service is still at it: for some seconds nobody can see what will become of it.
    const late = fault === 'happens later';
    if (late) back.fail(there + home, resetError());
    timeline.after(late ? dice.between(500, 8_000) : there, () => {
      timeline.activity += 1;
      if (fault !== undefined && faults[fault] === 'before') return this.#refuse(fault, sent, home, back);
      if (tokenIsOver(request, timeline.now)) return late ? undefined : back.answer(home, plain(401, ''));
      const wire = wireOf(request);
      const reply = this.#options.service.handle(wire);
      if (fault === 'delivered twice' && this.#options.honoursRequestIds) this.#options.service.handle(wire);
      sent.happened = reply.status < 300;
      sent.status = reply.status;
      if (!late) this.#answer(fault, reply, request, home, back);
    });
  }

  #draw(): Fault | undefined {
    const { dice, share } = this.#options;
    if (this.fine || this.#left <= 0 || !dice.chance(share)) return undefined;
    this.#left -= 1;
    const fault = dice.pick(names);
    this.counted[fault] = (this.counted[fault] ?? 0) + 1;
    return fault;
  }

  #refuse(fault: Fault, sent: Sent, ms: number, back: Back): void {
    const { dice, timeline } = this.#options;
    switch (fault) {
      case 'throttled': {
        const seconds = dice.between(1, 30);
        const form = dice.pick(['seconds', 'date', 'none'] as const);
        const body = { statusCode: 429, message: `Rate limit is exceeded. Try again in ${seconds} seconds.` };
        // A date has whole seconds, and is read by the machine's own clock, so only the other form is held against it.
        if (form === 'seconds') sent.throttledUntil = timeline.now + ms + seconds * 1_000;
        const date = new Date(epoch + timeline.now + seconds * 1_000).toUTCString();
        const headers = form === 'none' ? {} : { 'retry-after': form === 'seconds' ? String(seconds) : date };
        return back.answer(ms, json(429, body, headers));
      }
      case 'token expired':
        return back.answer(ms, plain(401, ''));
      case 'error 502 page':
        return back.answer(ms, plain(502, '<html><title>502 Bad Gateway</title></html>'));
      case 'error 503':
        return back.answer(ms, plain(503, '', { 'retry-after': '2' }));
      default:
        return back.answer(ms, json(500, { code: 0, description: 'an error' }));
    }
  }

  #answer(fault: Fault | undefined, reply: Reply, { timeoutMs }: WireRequest, ms: number, back: Back): void {
    const whole = json(reply.status, reply.body);
    switch (fault) {
      case 'answer lost':
        return back.fail(ms, resetError());
      case 'answer cut off':
        return back.answer(ms, { ...whole, body: whole.body.slice(0, Math.floor(whole.body.length / 2)) });
      case 'answer not JSON':
        return back.answer(ms, plain(reply.status, '<html>a proxy’s own page</html>'));
      case 'answer empty':
        return back.answer(ms, plain(reply.status, ''));
      case 'error 500 after':
        return back.answer(ms, json(500, { code: 800003, description: 'an error' }));
      case 'error 504':
        return back.answer(ms, plain(504, ''));
      case 'answer too late':
        return back.fail(
          timeoutMs,
          new TransportError('no answer in time', { sent: 'maybe', reason: 'timeout' }),
        );
      default:
        return back.answer(ms, whole);
    }
  }
}

interface Back {
  answer(ms: number, answer: WireAnswer): void;
  fail(ms: number, error: TransportError): void;
}

function wireOf({ method, url, headers, body }: WireRequest): Wire {
  const { pathname, search } = new URL(url);
  return { method, target: pathname + search, headers, body };
}

/** Tokens of the simulation say themselves until when they are good: `Bearer until-120000`. */
export function tokenUntil(ms: number): string {
  return `until-${ms}`;
}

function tokenIsOver({ headers }: WireRequest, now: number): boolean {
  return now >= Number(/until-(\d+)/u.exec(headers.authorization ?? '')?.[1] ?? 0);
}

function resetError(): TransportError {
  return new TransportError('read ECONNRESET', { sent: 'maybe', reason: 'reset' });
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  const text = body === undefined ? '' : JSON.stringify(body);
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: text };
}

function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return { status, headers, body };
}

/** The service's allowances, as the documentation groups them ("API throttling guidance"). */
function groupOf(path: string): string {
  const area = path.split('/')[4];
  switch (area) {
    case undefined:
      return 'customers';
    case 'carts':
    case 'orders':
      return 'orders';
    default:
      return area;
  }
}
