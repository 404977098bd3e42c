/** Keeps the sessions of recently used versions, at most so many, and none closed while it runs. */
import { EngineError } from './errors.ts';
import type { Session } from './session/session.ts';

interface Slot {
  readonly session: Promise<Session>;
  users: number;
  /** Set when the slot left the cache while in use: whoever leaves last closes the session. */
  evicted: boolean;
}

/** How a cache gets what it does not have. */
export interface SessionCacheOptions {
  /** Sessions kept when none is in use. While more versions than this run at once, the cache is larger. */
  readonly capacity: number;
  readonly load: (version: string) => Promise<Session>;
}

/** Sessions by version digest, least recently used first out. */
export class SessionCache implements AsyncDisposable {
  readonly #options: SessionCacheOptions;
  // A Map iterates in insertion order; a used slot is inserted again, so the oldest stands first.
  readonly #slots = new Map<string, Slot>();
  #disposed = false;

  constructor(options: SessionCacheOptions) {
    this.#options = options;
  }

  /** Versions that are loaded or loading, least recently used first. */
  get versions(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /**
   * Gives `work` the session of `version`, loading it once however many ask, and keeps it open until `work` ends.
   *
   * @throws EngineError `disposed`, and whatever loading threw; a failed load is not remembered
   */
  async use<T>(version: string, work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#disposed) throw new EngineError('disposed', { what: 'the session cache is closed' });
    const slot = this.#take(version);
    slot.users += 1;
    try {
      return await work(await slot.session);
    } finally {
      slot.users -= 1;
      await this.#leave(slot);
    }
  }

  /** Drops `version`, say after its withdrawal; running work still ends. */
  async evict(version: string): Promise<void> {
    const slot = this.#slots.get(version);
    if (slot === undefined) return;
    this.#slots.delete(version);
    slot.evicted = true;
    await this.#leave(slot);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.all(this.versions.map((version) => this.evict(version)));
  }

  #take(version: string): Slot {
    const known = this.#slots.get(version);
    const slot = known ?? { session: this.#options.load(version), users: 0, evicted: false };
    this.#slots.delete(version);
    this.#slots.set(version, slot);
    if (known === undefined) slot.session.catch(() => this.#forget(version, slot));
    return slot;
  }

  #forget(version: string, slot: Slot): void {
    if (this.#slots.get(version) === slot) this.#slots.delete(version);
  }

  async #leave(slot: Slot): Promise<void> {
    if (slot.users > 0) return;
    if (slot.evicted) await close(slot);
    for (const [version, idle] of this.#slots) {
      if (this.#slots.size <= this.#options.capacity) return;
      if (idle.users === 0) await this.evict(version);
    }
  }
}

async function close(slot: Slot): Promise<void> {
  const [loaded] = await Promise.allSettled([slot.session]);
  // A session that never opened has nothing to close, and its failure went to those who asked for it.
  if (loaded.status === 'fulfilled') await loaded.value[Symbol.asyncDispose]();
}
