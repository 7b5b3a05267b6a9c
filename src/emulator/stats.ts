/** What the emulator saw, for `GET /_emulator/stats`. */
export class Stats {
  requests = 0;
  throttled = 0;
  /** Writes that came again under a request id that was answered. */
  seenAgain = 0;
  #inFlight = 0;
  #mostInFlight = 0;
  readonly #perOperation: Record<string, number> = {};
  readonly #perStatus: Record<string, number> = {};

  begin(): void {
    this.requests += 1;
    this.#inFlight += 1;
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight);
  }

  end(status: number): void {
    this.#inFlight -= 1;
    this.#perStatus[status] = (this.#perStatus[status] ?? 0) + 1;
  }

  count(operation: string): void {
    this.#perOperation[operation] = (this.#perOperation[operation] ?? 0) + 1;
  }

  snapshot() {
    const { requests, throttled, seenAgain } = this;
    return {
      requests,
      throttled,
      seenAgain,
      mostInFlight: this.#mostInFlight,
      inFlight: this.#inFlight,
      perOperation: this.#perOperation,
      perStatus: this.#perStatus,
    };
  }
}
