/** Shows the bar at most four times a second, and never before what it shows is in the journal. */
import type { Progress, ProgressEvent } from '../progress.ts';
import type { UploadEvent } from './events.ts';
import type { UploadJournal } from './journal.ts';
import type { Clock } from './ports.ts';

const INTERVAL_MS = 250;

export interface PublisherOptions {
  readonly progress: Progress;
  readonly journal: UploadJournal;
  readonly clock: Clock;
  readonly emit: (event: UploadEvent) => void;
  /** The journal failed: the upload cannot keep its promises any more. */
  readonly onFatal: (error: Error) => void;
}

export class Publisher {
  readonly #options: PublisherOptions;
  #changes: ProgressEvent[] = [];
  #scheduled = false;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Something moved, be it only the ghost or what is recoverable: it is shown within the interval. */
  note(changes: readonly ProgressEvent[]): void {
    this.#changes.push(...changes);
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#options.clock
      .sleep(INTERVAL_MS)
      .then(() => this.flush())
      .catch(this.#options.onFatal);
  }

  /** Shows everything so far. Flushes follow one another, so views are shown in the order they were taken. */
  flush(): Promise<void> {
    this.#tail = this.#tail.then(() => this.#publish());
    return this.#tail;
  }

  async #publish(): Promise<void> {
    const { progress, journal, emit } = this.#options;
    this.#scheduled = false;
    const changes = this.#changes;
    this.#changes = [];
    const view = progress.view();
    // A kill before this returns shows less than is safe; a kill after it shows exactly this again.
    await journal.sync();
    emit({ type: 'progress', view, changes });
  }
}
