/** A synthetic ledger: record i is a pure function of (seed, i), so that it can be made again instead of being kept. */

/** Shape of the graph: ~1 input per record, 74 % recent, 20 % old, 6 % shared hubs. */
const CHANNELS = 8;
const NODES = 32;
const PROMOTIONS = 50;

export interface WorldRecord {
  /** 1-based, in log order. */
  id: number;
  isAct: boolean;
  t: number;
  channel: number;
  node: number;
  /** What the evidence says; 0 when there is none. */
  version: number;
  parents: number[];
}

export class World {
  readonly size: number;
  readonly channels: number = CHANNELS;
  readonly promotions: number = PROMOTIONS;
  readonly #seed: number;

  constructor(size: number, seed = 7) {
    this.size = size;
    this.#seed = seed;
  }

  /** When the k-th promotion of every channel acts. */
  promotedAt(k: number): number {
    return Math.floor((k * this.size) / PROMOTIONS);
  }

  /** The version a channel announces after its k-th promotion: 1-based over the world. */
  version(channel: number, k: number): number {
    return 1 + channel * PROMOTIONS + k;
  }

  /** Fills `into` with record `id`. Time is one tick per record. */
  record(id: number, into: WorldRecord): void {
    const random = this.#stream(id);
    const t = id;
    into.id = id;
    into.t = t;
    into.isAct = random() < 0.25;
    into.channel = Math.floor(random() * CHANNELS);
    into.node = Math.floor(random() * NODES);
    const promotion = Math.floor((t * PROMOTIONS) / this.size);
    const announced = this.version(into.channel, Math.min(PROMOTIONS - 1, this.#exact(t, promotion)));
    into.version = into.isAct || random() < 0.01 ? 0 : announced;
    this.#parents(id, random, into.parents);
  }

  /** Late edges: an old record was made from another one, and somebody says so at the end. */
  lateEdges(): readonly (readonly [source: number, target: number])[] {
    const random = this.#stream(0);
    return Array.from({ length: Math.min(1000, this.size >> 4) }, () => {
      return [1 + Math.floor(random() * this.size), 1 + Math.floor(random() * this.size)] as const;
    });
  }

  // Rounding may put a moment on the wrong side of a promotion.
  #exact(t: number, k: number): number {
    if (this.promotedAt(k + 1) <= t) return k + 1;
    return this.promotedAt(k) > t ? k - 1 : k;
  }

  #parents(id: number, random: () => number, parents: number[]): void {
    parents.length = 0;
    if (id === 1) return;
    const count = random() < 0.35 ? 0 : random() < 0.6 ? 1 : 2;
    for (let i = 0; i < count; i++) parents.push(this.#parent(id, random));
  }

  #parent(id: number, random: () => number): number {
    const kind = random();
    const u = random();
    if (kind < 0.74) return Math.max(1, id - 1 - Math.floor(u * 2000));
    if (kind < 0.94) return 1 + Math.floor(u * u * (id - 1));
    // Hubs: one record in a thousand, the early ones far more often.
    return 1 + 1000 * Math.floor(u ** 4 * ((id - 2) / 1000));
  }

  /** splitmix32, started at (seed, id). */
  #stream(id: number): () => number {
    let state = Math.imul(id, 0x9e3779b1) ^ Math.imul(this.#seed, 0x85ebca6b);
    return () => {
      state = (state + 0x9e3779b9) | 0;
      let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
    };
  }
}

export const emptyRecord = (): WorldRecord => ({
  id: 0,
  isAct: false,
  t: 0,
  channel: 0,
  node: 0,
  version: 0,
  parents: [],
});
