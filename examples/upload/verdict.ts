/** Watches the bar of an upload and holds it to its rule: it falls only with a regression event that names the cause. */
import type { FeedEvent } from './event-feed.ts';

export class Verdict {
  #safe = 0;
  #total = 0;
  /** Falls that no event explains, in full, to the byte. */
  unexplained = 0;
  /** Causes of explained falls, in order. */
  readonly causes: string[] = [];
  sealed = false;

  /** How far the bar has come, 0 to 1. */
  get share(): number {
    return this.#total === 0 ? 0 : this.#safe / this.#total;
  }

  see(event: FeedEvent): void {
    if (event.type === 'sealed') this.sealed = true;
    if (event.type !== 'progress') return;
    const safe = (event.certified ?? 0) + (event.reused ?? 0);
    const falls = (event.changes ?? []).filter(({ type }) => type === 'regression');
    const explained = falls.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    if (safe < this.#safe - explained) this.unexplained++;
    for (const { cause } of falls) this.causes.push(cause ?? 'none');
    this.#safe = safe;
    this.#total = event.total ?? 0;
  }
}
