/** How fast the bar rises, over its last seconds. */

const SPAN_MS = 10_000;

export class Rate {
  #samples: { readonly at: number; readonly bytes: number }[] = [];

  /** Notes how many bytes are safe at a time in milliseconds. A fall begins the measurement anew. */
  note(at: number, bytes: number): void {
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples.push({ at, bytes });
    // One sample from before the span stays, or a slow upload would have no rate at all.
    while ((this.#samples[1]?.at ?? at) < at - SPAN_MS) this.#samples.shift();
  }

  /** Bytes per second; undefined while nothing rises. */
  get value(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < 500) return undefined;
    const rate = (1_000 * (last.bytes - first.bytes)) / (last.at - first.at);
    return rate > 0 ? rate : undefined;
  }
}
