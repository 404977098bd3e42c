/** Steps from a seed: mostly what clients and gateways do, and often enough what nobody should. */
import type { Model } from './model.ts';
import { type Ask, CHANNELS, payerOf, type Step } from './step.ts';

/** Draws steps; looks at the model only to aim, never to decide what is right. */
export class Generator {
  readonly #random: () => number;
  readonly #model: Model;
  readonly #recent: string[] = [];
  readonly #asks = new Map<string, Ask>();
  #next = 0;

  readonly #onlyDeposits: boolean;

  constructor(random: () => number, model: Model, onlyDeposits: boolean) {
    this.#onlyDeposits = onlyDeposits;
    this.#random = random;
    this.#model = model;
  }

  step(): Step {
    const at = this.#random();
    if (at < 0.3) return { kind: at < 0.24 ? 'begin' : 'reserve', ask: this.#ask() };
    if (at < 0.36) return { kind: 'execute', id: this.#id('reserved') };
    if (at < 0.52) return this.#deliver();
    if (at < 0.68) return { kind: 'capture', id: this.#id('delivered') };
    if (at < 0.72) return { kind: 'paid', id: this.#id() };
    if (at < 0.76)
      return { kind: 'release', id: this.#id(), reason: this.#flip(0.5) ? 'no-output' : 'not-chargeable' };
    if (at < 0.79) return { kind: 'refund', id: this.#id('captured'), amount: BigInt(this.#below(1_100)) };
    if (at < 0.81) return { kind: 'abandon', id: this.#id() };
    if (at < 0.85) return { kind: 'expire' };
    if (at < 0.94) return { kind: 'wait', seconds: this.#below(4) };
    if (at < 0.985)
      return {
        kind: 'fund',
        channel: this.#below(CHANNELS),
        change: BigInt(this.#below(6_000) - (this.#onlyDeposits ? 0 : 900)),
      };
    if (at < 0.988) return { kind: 'restart' };
    return { kind: 'compact' };
  }

  /** A request: new, or one of before, sometimes bent. */
  #ask(): Ask {
    const old = this.#flip(0.15) ? this.#asks.get(this.#id()) : undefined;
    if (old !== undefined) return this.#flip(0.35) ? { ...old, hash: 'bent' } : old;
    const channel = this.#below(CHANNELS);
    const requestId = `r${this.#next++}`;
    const max = BigInt(this.#below(1_000));
    const ask: Ask = {
      id: `${payerOf(channel)} ${requestId}`,
      payer: payerOf(channel),
      requestId,
      hash: 'h',
      max,
      deadline: this.#model.now + this.#below(60) - 2,
      ordered: this.#flip(0.7),
      pays: this.#flip(0.12)
        ? { nonce: `n${this.#next + (this.#flip(0.2) ? -this.#below(40) : 0)}` }
        : { channel, ceiling: this.#ceiling(channel, max) },
    };
    this.#asks.set(ask.id, ask);
    this.#recent.push(ask.id);
    if (this.#recent.length > 60) this.#asks.delete(this.#recent.shift() ?? '');
    return ask;
  }

  /** Mostly just what is needed, as a client that keeps count signs; else stale, or far ahead. */
  #ceiling(channel: number, max: bigint): bigint {
    const needed = this.#model.base(channel) + max;
    const at = this.#random();
    if (at < 0.6) return needed;
    if (at < 0.75) return needed + BigInt(this.#below(5_000));
    if (at < 0.9) return needed > 500n ? needed - BigInt(this.#below(500)) : needed;
    return at < 0.95 ? needed - 1n : (1n << 128n) - 1n;
  }

  #deliver(): Step {
    const id = this.#id('executing');
    const most = Number(this.#asks.get(id)?.max ?? 10n);
    return { kind: 'deliver', id, amount: BigInt(this.#flip(0.03) ? most + 1 : this.#below(most + 1)) };
  }

  /** One of the newest requests; mostly one for which the step makes sense, if there is any. */
  #id(state?: string): string {
    const fitting = this.#recent.filter((id) => this.#model.rows.get(id)?.state === state);
    const from = fitting.length > 0 && this.#flip(0.8) ? fitting : this.#recent;
    return from[this.#below(from.length)] ?? 'nobody';
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #flip(chance: number): boolean {
    return this.#random() < chance;
  }
}
