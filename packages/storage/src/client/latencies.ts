/** How long a node's recent calls took, by what was asked: a greeting says nothing about how long a shard takes. */

/** What a call moves: a shard in, a shard out, or next to nothing. */
export type CallKind = 'put' | 'get' | 'small';

const SAMPLES = 64;

export class Latencies {
  readonly #samples: { readonly [K in CallKind]: number[] } = { put: [], get: [], small: [] };

  add(kind: CallKind, ms: number): void {
    const samples = this.#samples[kind];
    samples.push(ms);
    if (samples.length > SAMPLES) samples.shift();
  }

  /** A quantile in milliseconds; undefined before the first call of its kind. */
  percentile(kind: CallKind, share: number): number | undefined {
    const sorted = [...this.#samples[kind]].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  }
}
