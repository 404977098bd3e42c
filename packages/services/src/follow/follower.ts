/** Follows a log over HTTP: verifies what it reads and folds it into a registry, for as long as the process lives. */
import {
  AssayError,
  type Clock,
  equal,
  hex,
  type Kind,
  type LogRecord,
  openStatement,
  type Predicate,
  utf8,
} from '@assay/core';
import { openCheckpoint, openWitnessedCheckpoint, parseCheckpoint, parseNote, type Policy } from '@assay/log';
import { type Refusal, Registry } from '@assay/views';
import { witnessedAt } from '@assay/verify';
import type { LogClient } from '../log-client/index.ts';
import { skimmed, type Skimmed } from './skim.ts';
import { FollowError, VerifiedTail } from './verified-tail.ts';

/** What a statement or a query names a checkpoint by. */
export type CheckpointRef = Predicate<'output.receipt'>['notBefore'];

/** What a follower needs; everything that could differ between runs comes in from outside. */
export interface FollowerOptions {
  readonly log: LogClient;
  readonly policy: Policy;
  readonly clock: Clock;
  /** Milliseconds between polls. */
  readonly pollMs?: number;
  /** Sees every readable record once, in log order, after the registry has folded or refused it. */
  readonly onRecord?: (record: LogRecord, logged: LoggedBytes) => void;
  /** Sees every entry's bytes once, readable or not, before `onRecord`. */
  readonly onEntry?: (entry: Uint8Array, index: number) => void;
  /** Kinds that are noted by id only: neither verified, nor folded, nor given to `onRecord`. */
  readonly skim?: ReadonlySet<Kind>;
  /** Sees each of those, once, as it stands in the log. */
  readonly onSkimmed?: (found: Skimmed, index: number) => void;
  /** Told of polls that failed; the follower goes on. */
  readonly onError?: (error: unknown) => void;
}

/** What a record looked like in the log, and what the registry made of it. */
export interface LoggedBytes {
  /** Its exact entry. */
  readonly entry: Uint8Array;
  /** Why it counts for nothing; absent when it counts. */
  readonly refusal: Refusal | undefined;
}

/** A wait that ran out, or a question about a record that is not there. */
export class WaitError extends AssayError<'timeout'> {}

/** Polls of a busy log between looks at the published checkpoint: what its witnesses saw stands in the log itself. */
const BUSY_POLLS = 8;

/** Tails one log. */
export class Follower {
  readonly registry: Registry;
  readonly #options: FollowerOptions;
  readonly #tail = new VerifiedTail();
  readonly #listeners = new Set<() => void>();
  readonly #skimmed = new Map<string, number>();
  /** Checkpoints as they were read last: what has not changed need not be judged again. */
  #readNote: Uint8Array = new Uint8Array();
  #witnessedNote: Uint8Array = new Uint8Array();
  #notBefore: CheckpointRef | undefined;
  #origin = '';
  #witnessedSize = 0;
  #lastWitnessedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #polls = 0;
  #stopped = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.registry = new Registry(witnessedAt(options.policy));
  }

  /** The newest witnessed checkpoint that is itself in the log: what receipts name as `notBefore`. */
  get notBefore(): CheckpointRef | undefined {
    return this.#notBefore;
  }

  /** Origin of the log, by its newest checkpoint; empty before the first. */
  get origin(): string {
    return this.#origin;
  }

  /** The newest checkpoint that was read to and verified; empty before the first. */
  get newestNote(): Uint8Array {
    return this.#readNote;
  }

  /** Root of the first `size` entries; undefined beyond what was read, and before the last logged witnessed checkpoint. */
  rootAt(size: number): Uint8Array | undefined {
    return size <= this.#tail.size ? this.#tail.rootAt(size) : undefined;
  }

  /** Entries that a quorum of witnesses has seen. */
  get witnessedSize(): number {
    return this.#witnessedSize;
  }

  /** Unix milliseconds of the newest witnessed view of the log; 0 before the first. */
  get lastWitnessedAt(): number {
    return this.#lastWitnessedAt;
  }

  /** Reads once up to the newest signed checkpoint. @throws FollowError, LogClientError */
  async catchUp(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined;
    });
    await this.#polling;
  }

  /** Keeps up until `stop`. Failures are told to `onError`, and tried again. */
  start(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    const tick = async (): Promise<void> => {
      try {
        await this.catchUp();
      } catch (error) {
        this.#options.onError?.(error);
        // A log that contradicts itself is not asked again: whoever relies on it must look.
        if (error instanceof FollowError) this.#stopped = true;
      }
      if (!this.#stopped) this.#timer = setTimeout(() => void tick(), this.#options.pollMs ?? 250);
    };
    this.#timer = setTimeout(() => void tick(), 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#polling?.catch((error: unknown) => this.#options.onError?.(error));
  }

  /** Calls `listener` after each poll that moved anything. Returns how to stop that. */
  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Log index of a record id, skimmed ones included. */
  indexOf(id: string): number | undefined {
    return this.registry.indexOf(id) ?? this.#skimmed.get(id);
  }

  /** Waits until a record is in the log (`sequenced`) or under a witnessed checkpoint. @throws WaitError `timeout` */
  async waitFor(
    id: string,
    state: 'sequenced' | 'witnessed',
    timeoutMs: number,
  ): Promise<{ index: number; size: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ index: number; size: number }>();
    const look = (): void => {
      const index = this.indexOf(id);
      if (index === undefined || (state === 'witnessed' && index >= this.#witnessedSize)) return;
      resolve({ index, size: state === 'witnessed' ? this.#witnessedSize : this.registry.size });
    };
    const off = this.onAdvance(look);
    const timer = setTimeout(
      () =>
        reject(new WaitError('timeout', { what: `record ${id} was not ${state} within ${timeoutMs} ms` })),
      timeoutMs,
    );
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      off();
    }
  }

  async #poll(): Promise<void> {
    const before = `${this.registry.size} ${this.#witnessedSize} ${this.#lastWitnessedAt}`;
    const newest = await this.#newest();
    if (newest !== undefined) {
      await this.#readTo(newest);
      this.#readNote = newest.note;
    }
    if (newest === undefined || this.#polls % BUSY_POLLS === 0) await this.#readWitnessed();
    this.#polls++;
    if (before !== `${this.registry.size} ${this.#witnessedSize} ${this.#lastWitnessedAt}`) {
      for (const listener of this.#listeners) listener();
    }
  }

  /** The newest signed checkpoint, or undefined when it is the one that was read to before. */
  async #newest(): Promise<{ size: number; root: Uint8Array; note: Uint8Array } | undefined> {
    const note = await this.#options.log.newestCheckpoint();
    if (equal(note, this.#readNote)) return undefined;
    const verifiers = this.#options.policy.logs.map((log) => log.verifier);
    const { checkpoint } = openCheckpoint(note, verifiers);
    this.#origin = checkpoint.origin;
    return { ...checkpoint, note };
  }

  async #readTo(checkpoint: { size: number; root: Uint8Array }): Promise<void> {
    if (checkpoint.size < this.#tail.size) {
      throw new FollowError('shrunk', {
        what: `the log had ${this.#tail.size} entries and now signs ${checkpoint.size}`,
      });
    }
    const from = this.#tail.size;
    const fresh: Uint8Array[] = [];
    for await (const bundle of this.#options.log.entries(from, checkpoint.size)) fresh.push(...bundle);
    for (const entry of fresh) this.#tail.append(entry);
    try {
      this.#tail.check(checkpoint, 'root-mismatch');
    } catch (error) {
      this.#tail.truncate(from);
      throw error;
    }
    fresh.forEach((entry, i) => this.#fold(entry, from + i));
  }

  #fold(entry: Uint8Array, index: number): void {
    this.#options.onEntry?.(entry, index);
    const { skim } = this.#options;
    const found = skim === undefined ? undefined : skimmed(entry, skim);
    if (found !== undefined) {
      this.registry.skip();
      const { id } = found.envelope;
      if (!this.#skimmed.has(id)) this.#skimmed.set(id, index);
      this.#options.onSkimmed?.(found, index);
      return;
    }
    let record: LogRecord;
    try {
      record = { ...openStatement(entry), index };
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      this.registry.skip();
      this.#options.onError?.(error);
      return;
    }
    const refusal = this.registry.apply(record);
    if (refusal === undefined && record.kind === 'checkpoint.cosigned') this.#settle(record.predicate);
    this.#options.onRecord?.(record, { entry, refusal });
  }

  /** A witnessed checkpoint came by in the log: the tree read so far must be the one that the witnesses saw. */
  #settle({ note, origin, size }: Predicate<'checkpoint.cosigned'>): void {
    const { root } = parseCheckpoint(parseNote(utf8(note)).text);
    this.#tail.settle({ size: Number(size), root }, 'split-view');
    this.#notBefore = { origin, size, root: hex(root) };
    this.#witnessedSize = Math.max(this.#witnessedSize, Number(size));
    const time = this.registry.time.newest?.time ?? 0;
    this.#lastWitnessedAt = Math.max(this.#lastWitnessedAt, time * 1_000);
  }

  /** The published checkpoint also tells that an idle log is still watched: witnesses sign the same tree again. */
  async #readWitnessed(): Promise<void> {
    const note = await this.#options.log.checkpoint();
    // Verifying a dozen signatures again, ten times a second, would be most of what an idle process does.
    if (equal(note, this.#witnessedNote)) return;
    const { checkpoint, witnessedAt: time } = openWitnessedCheckpoint(note, this.#options.policy);
    if (checkpoint.size > this.#tail.size) return;
    this.#tail.check(checkpoint, 'split-view');
    this.#witnessedNote = note;
    this.#witnessedSize = Math.max(this.#witnessedSize, checkpoint.size);
    if (time !== undefined) this.#lastWitnessedAt = Math.max(this.#lastWitnessedAt, time * 1_000);
  }
}
