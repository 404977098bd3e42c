/** This writer's view of the checkpoint row: every change goes through here, one at a time, by compare-and-swap. */
import type { CheckpointRow, RowState } from './checkpoint-row.ts';
import { LogError } from './log-error.ts';

/** What a change may touch; version, origin and key take care of themselves. */
export type RowChange = Partial<Omit<RowState, 'version' | 'origin' | 'key'>>;

/** Holds the row as last read or written. */
export class RowHolder {
  readonly #row: CheckpointRow;
  #current: RowState;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(row: CheckpointRow, current: RowState) {
    this.#row = row;
    this.#current = current;
  }

  get current(): RowState {
    return this.#current;
  }

  /**
   * Swaps in `change(current)`; resolves when it is durable.
   *
   * @throws LogError `lost-race` if another writer moved the row: this one must not write, sign or acknowledge any more
   */
  change(change: (current: RowState) => RowChange): Promise<RowState> {
    const turn = this.#turn.then(() => this.#swap(change));
    // A failed turn must not fail the next one by itself: the row decides again.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #swap(change: (current: RowState) => RowChange): Promise<RowState> {
    const before = this.#current;
    const next = { ...before, ...change(before), version: before.version + 1 };
    if (!(await this.#row.swap(before, next))) {
      throw new LogError('lost-race', {
        what: `another writer moved the checkpoint row past version ${before.version} (size ${before.size})`,
        fix: 'Run one writer per log directory; stop the other, then open the log again.',
      });
    }
    this.#current = next;
    return next;
  }
}
