/** Upload sessions: while one runs, nothing it has referred to is collected. Kept in memory; leases cover a restart. */
import type { Clock } from '../../client/ports.ts';

interface Session {
  readonly keys: Set<string>;
  ends: number;
}

export class Sessions {
  readonly #clock: Clock;
  readonly #ttl: number;
  readonly #sessions = new Map<string, Session>();

  /** `ttl`: milliseconds without a request after which a session is over. */
  constructor(clock: Clock, ttl: number) {
    this.#clock = clock;
    this.#ttl = ttl;
  }

  /** Notes that a running upload refers to a shard. */
  touch(session: string, key: string): void {
    const found = this.#sessions.get(session) ?? { keys: new Set<string>(), ends: 0 };
    found.keys.add(key);
    found.ends = this.#clock.now() + this.#ttl;
    this.#sessions.set(session, found);
  }

  end(session: string): void {
    this.#sessions.delete(session);
  }

  /** Whether a running upload refers to the shard. */
  protects(key: string): boolean {
    for (const [id, session] of this.#sessions) {
      if (session.ends <= this.#clock.now()) this.#sessions.delete(id);
      else if (session.keys.has(key)) return true;
    }
    return false;
  }
}
