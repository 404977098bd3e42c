/** Lines entries up in groups and commits one group at a time; the next forms while the last is on its way to disk. */
import { LogError } from './log-error.ts';
import { Group } from './group.ts';

/** Makes a group durable and signs for it. A rejection ends the queue for good. */
export type Commit = (group: Group) => Promise<void>;

/** The queue. Indices are given out here, synchronously, so that order is decided once. */
export class GroupQueue {
  readonly #commit: Commit;
  readonly #limit: number;
  readonly #groups: Group[] = [];
  #next: number;
  #running = false;
  #failure: LogError | undefined;
  readonly #end: (failure: LogError) => void;
  /** Resolves with the reason when the queue ends by a failure. */
  readonly ended: Promise<LogError>;
  #idle: Promise<void> = Promise.resolve();

  /** @param size tree size now @param limit most entries that may wait */
  constructor(commit: Commit, size: number, limit: number) {
    this.#commit = commit;
    this.#next = size;
    this.#limit = limit;
    const { promise, resolve } = Promise.withResolvers<LogError>();
    this.ended = promise;
    this.#end = resolve;
  }

  /** Index that the next entry gets. */
  get next(): number {
    return this.#next;
  }

  /** Why the queue ended, if it did. */
  get failure(): LogError | undefined {
    return this.#failure;
  }

  /** Resolves when nothing waits. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  /** @throws LogError `stopped` | `overloaded` unless `count` more entries can be taken */
  mustTake(count: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    const waiting = this.#next - (this.#groups[0]?.first ?? this.#next);
    if (waiting + count <= this.#limit) return;
    throw new LogError('overloaded', {
      what: `${waiting} entries wait to become durable; ${count} more would pass the limit of ${this.#limit}`,
      fix: count > this.#limit ? 'Send smaller batches.' : 'Try again in a second.',
    });
  }

  /** Takes an entry at index `next`; its group's `done` says when it is durable. */
  add(entry: Uint8Array, isAsking: boolean): Group {
    let group = this.#groups.at(-1);
    // The first group of a running queue is being written: it takes nothing more.
    if (group === undefined || group.isFull || (this.#running && this.#groups.length === 1)) {
      group = new Group(this.#next);
      this.#groups.push(group);
    }
    group.add(entry);
    this.#next++;
    if (isAsking) group.askingSize = this.#next;
    if (!this.#running && this.#groups.length === 1 && group.entries.length === 1) this.#idle = this.#start();
    return group;
  }

  /** The waiting group that holds `index`; undefined when it is durable already. */
  groupOf(index: number): Group | undefined {
    return this.#groups.find((group) => index >= group.first && index < group.end);
  }

  /** Takes nothing more. */
  close(): void {
    this.#failure ??= new LogError('stopped', { what: 'the log was closed', fix: 'Open the log again.' });
  }

  /** Ends the queue: everything waiting is refused with `failure`. */
  stop(failure: LogError): void {
    this.#failure ??= failure;
    this.#end(this.#failure);
    for (const group of this.#groups.splice(0)) group.reject(this.#failure);
  }

  async #start(): Promise<void> {
    // One turn of the event loop, so that requests which arrived together share the first group.
    await new Promise((resolve) => setImmediate(resolve));
    this.#running = true;
    for (
      let group = this.#groups[0];
      group !== undefined && this.#failure === undefined;
      group = this.#groups[0]
    ) {
      try {
        await this.#commit(group);
        this.#groups.shift();
        group.resolve();
      } catch (cause) {
        this.stop(asStopped(cause));
      }
    }
    this.#running = false;
  }
}

/** A writer that failed knows no longer what is on disk: whatever the cause, it is over until the log is opened again. */
function asStopped(cause: unknown): LogError {
  if (cause instanceof LogError && (cause.code === 'lost-race' || cause.code === 'corrupt')) return cause;
  const what = cause instanceof Error ? cause.message : String(cause);
  return new LogError('stopped', { what: `the writer stopped: ${what}`, fix: 'Open the log again.', cause });
}
