/** Carries out what clients had erased: every `payload.erase` that the log brings, until it is done (PROTOCOL 8.2). */
import type { LogRecord } from '@assay/core';
import { fieldsToErase, type PrivateField } from './fields.ts';

/** One request whose fields are to go. */
export interface Erasure {
  readonly receipt: string;
  readonly fields: readonly PrivateField[];
}

/** What an eraser works on. */
export interface ErasableStore {
  /** The client that a kept receipt names; undefined for a receipt that is not kept here. */
  clientOf(receipt: string): string | undefined;
  /** Makes fields and their salts unreadable, on disk as well. Doing it twice is harmless. */
  erase(erasures: readonly Erasure[]): Promise<void>;
}

/** How an eraser works. */
export interface EraserOptions {
  readonly store: ErasableStore;
  /** Whether a key speaks for another now: itself, or what it was rotated from. */
  readonly speaksFor: (key: string, original: string) => boolean;
  /** Told of a try that failed; it is tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** How soon after the statement was read the bytes are gone, when the disk takes writes; and the wait between tries. */
const GATHER_MS = 200;
const RETRY_MS = 5_000;

/**
 * Followers read the log from its beginning when a process starts, so that what a crash kept from being erased is
 * erased then. Segments are rewritten once for all statements that came together.
 */
export class Eraser {
  readonly #options: EraserOptions;
  #waiting: Erasure[] = [];
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(options: EraserOptions) {
    this.#options = options;
  }

  /** Looks at a record of the log. Only the client that the receipt names may have its payload erased. */
  readonly note = (record: LogRecord): void => {
    if (record.kind !== 'payload.erase') return;
    const { store, speaksFor } = this.#options;
    const receipt = record.predicate.record;
    const client = store.clientOf(receipt);
    const fields = fieldsToErase(record.predicate);
    if (client === undefined || fields.length === 0 || !speaksFor(record.signer, client)) return;
    this.#waiting.push({ receipt, fields });
    this.#schedule(GATHER_MS);
  };

  /** Finishes what is being written. What still waits is done at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #schedule(delay: number): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#working = this.#work().finally(() => {
        this.#working = undefined;
      });
    }, delay);
  }

  async #work(): Promise<void> {
    // The store rewrites files: one at a time.
    await this.#working;
    const erasures = this.#waiting.splice(0);
    try {
      await this.#options.store.erase(erasures);
    } catch (error) {
      this.#options.onFailure(error);
      this.#waiting.push(...erasures);
      this.#schedule(RETRY_MS);
    }
  }
}
