/** A share of the log for each key: a bucket of entries that fills at a steady rate. */
import type { Clock } from '@assay/core';
import { AdmissionError } from './admission.ts';

/** How much one key may log. */
export interface QuotaLimits {
  /** Entries per second, in the long run. */
  readonly perSecond: number;
  /** Entries at once, after a pause. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Keys beyond which full buckets are forgotten; a forgotten bucket comes back full, which is what it was. */
const MOST_BUCKETS = 65_536;

/** The quotas of all keys. */
export class Quota {
  readonly #limits: QuotaLimits;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: QuotaLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Takes one entry from `key`'s share. @throws AdmissionError `quota` */
  take(key: string): void {
    const bucket = this.#filled(key);
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      return;
    }
    const { perSecond, burst } = this.#limits;
    throw new AdmissionError('quota', {
      what: `${key} may log ${perSecond} entries per second, and ${burst} at once`,
      fix: `Try again in ${Math.ceil((1 - bucket.tokens) / perSecond)} s.`,
    });
  }

  #filled(key: string): Bucket {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= MOST_BUCKETS) this.#forgetFull(now);
      const fresh = { tokens: this.#limits.burst, at: now };
      this.#buckets.set(key, fresh);
      return fresh;
    }
    this.#fill(bucket, now);
    return bucket;
  }

  #fill(bucket: Bucket, now: number): void {
    // A clock that steps back gives nothing, and takes nothing.
    const seconds = Math.max(0, now - bucket.at) / 1_000;
    bucket.tokens = Math.min(this.#limits.burst, bucket.tokens + seconds * this.#limits.perSecond);
    bucket.at = now;
  }

  #forgetFull(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      this.#fill(bucket, now);
      if (bucket.tokens >= this.#limits.burst) this.#buckets.delete(key);
    }
  }
}
