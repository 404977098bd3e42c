/** A disk in memory that loses what was not synced, tears sectors, fills up, rots and fails, all from one seed. */
import { type Disk } from '@assay/storage/node';
import { NodeError } from '@assay/storage';

const SECTOR = 512;

interface Segment {
  /** What a reader sees now. */
  current: Uint8Array;
  /** What a power cut leaves, apart from a random part of the dirty sectors. */
  durable: Uint8Array;
  readonly dirty: Set<number>;
}

export interface SimDiskOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly capacity: number;
  /** Awaited before each operation: the scheduler's latency. */
  readonly delay?: (operation: 'create' | 'write' | 'sync' | 'read') => Promise<void>;
}

export class SimDisk implements Disk {
  readonly #options: SimDiskOptions;
  #segments = new Map<number, Segment>();
  /** Completed fdatasyncs. */
  syncs = 0;
  /** The next fdatasync fails, as on a dying disk. */
  failNextSync = false;
  /** Set at a crash: operations begun before it never finish. */
  #epoch = 0;

  constructor(options: SimDiskOptions) {
    this.#options = options;
  }

  async list(): Promise<number[]> {
    return [...this.#segments.keys()].sort((a, b) => a - b);
  }

  async create(segment: number, bytes: number): Promise<void> {
    await this.#pass('create');
    const used = [...this.#segments.values()].reduce((sum, { current }) => sum + current.length, 0);
    if (used + bytes > this.#options.capacity)
      throw new NodeError('disk-full', { what: 'the simulated disk is full' });
    this.#segments.set(segment, {
      current: new Uint8Array(bytes),
      durable: new Uint8Array(bytes),
      dirty: new Set(),
    });
  }

  async size(segment: number): Promise<number> {
    return this.#get(segment).current.length;
  }

  async write(segment: number, offset: number, parts: readonly Uint8Array[]): Promise<void> {
    await this.#pass('write');
    const { current, dirty } = this.#get(segment);
    let at = offset;
    for (const part of parts) {
      current.set(part, at);
      at += part.length;
    }
    for (let s = Math.floor(offset / SECTOR); s * SECTOR < at; s++) dirty.add(s);
  }

  async sync(segment: number): Promise<void> {
    const found = this.#get(segment);
    // What is written while the flush runs is not covered by it.
    const covered = [...found.dirty];
    await this.#pass('sync');
    if (this.failNextSync) {
      this.failNextSync = false;
      throw new Error('EIO: simulated fdatasync failure');
    }
    for (const sector of covered) this.#flush(found, sector);
    this.syncs++;
  }

  async read(segment: number, offset: number, length: number): Promise<Uint8Array> {
    await this.#pass('read');
    return this.#get(segment).current.slice(offset, offset + length);
  }

  async remove(segment: number): Promise<void> {
    this.#segments.delete(segment);
  }

  /** The process dies; the machine stays up: nothing written is lost. */
  kill(): void {
    this.#epoch++;
  }

  /** The machine loses power: every dirty sector survives or not by a coin. */
  powerCut(): void {
    this.#epoch++;
    for (const segment of this.#segments.values()) {
      for (const sector of segment.dirty) if (this.#options.random() < 0.5) this.#flush(segment, sector);
      segment.dirty.clear();
      segment.current = segment.durable.slice();
    }
  }

  /** Somebody replaces the disk by an empty one. */
  wipe(): void {
    this.#epoch++;
    this.#segments = new Map();
  }

  /** Flips one bit of a byte that holds `needle`'s first bytes: bit rot in a known place. Returns whether it was found. */
  rot(needle: Uint8Array): boolean {
    for (const { current, durable } of this.#segments.values()) {
      const at = Buffer.from(current.buffer, current.byteOffset, current.length).indexOf(needle);
      if (at < 0) continue;
      for (const copy of [current, durable]) copy[at] = (copy[at] as number) ^ 1;
      return true;
    }
    return false;
  }

  /** Whether these bytes would survive a power cut now. */
  holds(bytes: Uint8Array): boolean {
    for (const { durable } of this.#segments.values()) {
      if (Buffer.from(durable.buffer, durable.byteOffset, durable.length).indexOf(bytes) >= 0) return true;
    }
    return false;
  }

  #flush({ current, durable, dirty }: Segment, sector: number): void {
    durable.set(current.subarray(sector * SECTOR, (sector + 1) * SECTOR), sector * SECTOR);
    dirty.delete(sector);
  }

  async #pass(operation: 'create' | 'write' | 'sync' | 'read'): Promise<void> {
    const epoch = this.#epoch;
    await this.#options.delay?.(operation);
    // The process that asked is gone: its promise is left pending for ever, as a dead process's would be.
    if (epoch !== this.#epoch) await new Promise(() => undefined);
  }

  #get(segment: number): Segment {
    const found = this.#segments.get(segment);
    if (found === undefined) throw new NodeError('corrupt', { what: `there is no segment ${segment}` });
    return found;
  }
}

/** Seeded uniform numbers (splitmix32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}
