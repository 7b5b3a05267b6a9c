import type { Reply } from './reply.ts';

/** Answers that were given under a request id, so that a repeat gets the same one. */
const kept = 50_000;

export class Replays {
  readonly #answers = new Map<string, Reply>();

  find(requestId: string, request: string): Reply | undefined {
    return this.#answers.get(`${requestId} ${request}`);
  }

  /** Only the newest are kept: how long the service remembers is not documented. */
  keep(requestId: string, request: string, reply: Reply): void {
    if (this.#answers.size >= kept) this.#answers.delete(this.#answers.keys().next().value!);
    this.#answers.set(`${requestId} ${request}`, reply);
  }
}
