/** The whole timeline of one log: the registry at once, and the lineage ledger as far as witnesses have seen. */
import type { Kind, LogRecord } from '@assay/core';
import { DigestNames } from '../lineage/columns/digest-names.ts';
import { Ledger } from '../lineage/ledger.ts';
import type { AsOf } from '../lineage/as-of.ts';
import { type Refusal, Registry, type WitnessedAt, type WitnessedTime } from '../registry/index.ts';
import { type RecordOf, RecordStore } from './record-store.ts';
import { type Draft, LineageTranslator } from './to-lineage.ts';

/**
 * A pure fold over a log prefix. Records enter the ledger once a witnessed checkpoint that is itself logged covers
 * them, so that every record has its bracket and no bracket ever moves.
 */
export class Timeline {
  readonly registry: Registry;
  /** Record ids are digests, kept as bytes: a map of texts ends near 16 million. */
  readonly ledger = new Ledger(new DigestNames());
  readonly #translator: LineageTranslator;
  readonly #waiting: { index: number; draft: Draft }[] = [];
  readonly #records = new RecordStore();

  constructor(witnessedAt: WitnessedAt, time?: WitnessedTime) {
    this.registry = new Registry(witnessedAt, time);
    this.#translator = new LineageTranslator(this.registry);
  }

  /** Entries folded in; those beyond `witnessedSize` are in the registry only. */
  get size(): number {
    return this.registry.size;
  }

  /** The newest size that can be asked about: the largest witnessed checkpoint that is logged. */
  get witnessedSize(): number {
    return this.registry.time.newest?.size ?? 0;
  }

  /** Folds in the entry at index `size`. Returns the reason when the statement is ignored. */
  apply(record: LogRecord): Refusal | undefined {
    const refusal = this.registry.apply(record);
    if (refusal !== undefined) return refusal;
    this.#records.add(record);
    const draft = this.#translator.draft(record);
    if (draft !== undefined) this.#waiting.push({ index: record.index, draft });
    if (record.kind === 'checkpoint.cosigned') this.settle();
    return undefined;
  }

  /** Passes over an entry that could not be read. */
  skip(): void {
    this.registry.skip();
  }

  /** A record that counts, by its id. */
  record(id: string): LogRecord | undefined {
    return this.#records.get(id);
  }

  /** Every statement that counts under one id, in log order: two who sign the same words make one record (PROTOCOL 1.1). */
  statementsOf(id: string): readonly LogRecord[] {
    return this.#records.all(id);
  }

  /** Which log the record at `position` stands in, and where. One log's timeline names no origin. */
  placeOf(position: number): { readonly origin: string | undefined; readonly index: number } {
    return { origin: undefined, index: position };
  }

  /** All records that count, each once, in log order; of `kinds` only when some are given, which spares unpacking the rest. */
  records<K extends Kind = Kind>(...kinds: readonly K[]): Iterable<RecordOf<K>> {
    return this.#records.each(kinds);
  }

  /** The lineage as known at a witnessed size, the newest by default. @throws KnownAtError */
  asOf(knownAt: number = this.witnessedSize): AsOf {
    if (knownAt > 0) this.registry.time.require(knownAt);
    return this.ledger.asOf(knownAt);
  }

  /** Moves into the ledger what witnesses have seen by now. */
  protected settle(): void {
    const size = this.witnessedSize;
    const count = this.#waiting.findIndex(({ index }) => index >= size);
    for (const { index, draft } of this.#waiting.splice(0, count === -1 ? this.#waiting.length : count)) {
      for (const record of draft(this.registry.time)) this.ledger.append(record, index + 1);
    }
    if (size > this.ledger.size) this.ledger.advance(size);
  }
}
