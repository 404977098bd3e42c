/** Follows the events that `assay blob put --events` writes, one line of JSON each. */
import { existsSync, readFileSync } from 'node:fs';

/** The members of an event that the demonstration looks at. */
export interface FeedEvent {
  readonly type: string;
  readonly total?: number;
  readonly certified?: number;
  readonly reused?: number;
  readonly changes?: readonly { readonly type: string; readonly cause?: string; readonly bytes?: number }[];
}

const EVERY_MS = 50;

export class EventFeed {
  readonly #path: string;
  #seen = 0;
  #stopped = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Gives each event once, in order, until `stop`. */
  async *follow(): AsyncGenerator<FeedEvent> {
    for (;;) {
      // Asked before reading, so that what was written before the stop is still given.
      const last = this.#stopped;
      for (const event of this.#fresh()) yield event;
      if (last) return;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  #fresh(): FeedEvent[] {
    if (!existsSync(this.#path)) return [];
    // What follows the last newline is still being written.
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
    const fresh = lines.slice(this.#seen).map((line) => JSON.parse(line) as FeedEvent);
    this.#seen = lines.length;
    return fresh;
  }
}
