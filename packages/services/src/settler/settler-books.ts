/** What a settler knows of its log: who may say what, which charges count, and what incidents reach. */
import type { LogRecord } from '@assay/core';
import type { Secp256k1 } from '@assay/core/money';
import type { Policy } from '@assay/log';
import { parseCheckpoint, parseNote } from '@assay/log';
import { hex, utf8 } from '@assay/core';
import { addressOf, affectedReceipts, Money, Timeline } from '@assay/views';
import { witnessedAt } from '@assay/verify';

/** A witnessed checkpoint that is logged, with its exact note. */
export interface LoggedCheckpoint {
  readonly size: number;
  /** Hex. */
  readonly root: string;
  readonly note: Uint8Array;
}

/** A pure fold over the log. */
export class SettlerBooks {
  readonly timeline: Timeline;
  readonly money: Money;
  readonly affected: (incident: string, size: number) => ReadonlySet<string>;
  #checkpoint: LoggedCheckpoint | undefined;

  constructor(policy: Policy, curve: Secp256k1) {
    this.timeline = new Timeline(witnessedAt(policy));
    this.money = new Money(this.timeline.registry, curve);
    this.affected = affectedReceipts(this.timeline);
  }

  /** Address of a participant's payment key; undefined for who has not joined. */
  addressOf(keyId: string): string | undefined {
    return addressOf(this.timeline.registry, keyId);
  }

  /** The newest witnessed checkpoint that is itself logged. */
  get checkpoint(): LoggedCheckpoint | undefined {
    return this.#checkpoint;
  }

  /** Folds in a record. @param entry  its exact bytes in the log */
  apply(record: LogRecord, entry: Uint8Array): void {
    while (this.timeline.size < record.index) this.timeline.skip();
    if (this.timeline.apply(record) !== undefined) return;
    this.money.apply(record, entry);
    if (record.kind !== 'checkpoint.cosigned') return;
    const note = utf8(record.predicate.note);
    const { size, root } = parseCheckpoint(parseNote(note).text);
    if (size > (this.#checkpoint?.size ?? 0)) this.#checkpoint = { size, root: hex(root), note };
  }
}
