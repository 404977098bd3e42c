/** The registry view: who takes part, what versions exist, what each channel announced, and what record time is. */
import type { LogRecord, Predicate } from '@assay/core';
import { DigestNames } from '../lineage/columns/digest-names.ts';
import { type Refusal, refusalOf } from './authority.ts';
import { Channels } from './channels.ts';
import { DeclaredKeys } from './declared-keys.ts';
import { Leases } from './leases.ts';
import { Models } from './models.ts';
import { Participants } from './participants.ts';
import { RecordIds } from './record-ids.ts';
import { RecordOwners } from './record-owners.ts';
import { WitnessedTime } from './witnessed-time.ts';

/**
 * Judges a logged witnessed checkpoint against the reader's own policy: its witnessed time in Unix seconds, or
 * undefined when the note does not satisfy the policy. A pure function; `@assay/verify` makes one of a policy.
 */
export type WitnessedAt = (cosigned: Predicate<'checkpoint.cosigned'>) => number | undefined;

/** A statement that the registry ignores, and why. */
export interface IgnoredRecord {
  readonly index: number;
  readonly id: string;
  readonly kind: string;
  readonly reason: Refusal;
}

/** Two records under one declared key: evidence against their signer (PROTOCOL 1.2). */
export interface Equivocation {
  readonly key: string;
  readonly signer: string;
  readonly first: string;
  readonly second: string;
  readonly index: number;
}

/**
 * A pure fold over a log prefix. Everything carries the log index at which it began (and ended), so that one registry
 * answers for every earlier size.
 */
export class Registry {
  readonly participants = new Participants();
  readonly models = new Models();
  readonly channels = new Channels();
  readonly leases = new Leases();
  readonly owners: RecordOwners;
  readonly time: WitnessedTime;
  readonly ignored: IgnoredRecord[] = [];
  readonly equivocations: Equivocation[] = [];
  readonly #ids: RecordIds;
  readonly #keys: DeclaredKeys;
  readonly #witnessedAt: WitnessedAt;
  #operator: string | undefined;
  #size = 0;

  /** @param time  filled as witnessed checkpoints come by, unless it comes complete */
  constructor(witnessedAt: WitnessedAt, time = new WitnessedTime()) {
    this.#witnessedAt = witnessedAt;
    const names = new DigestNames();
    this.owners = new RecordOwners(names);
    this.#ids = new RecordIds(names);
    this.#keys = new DeclaredKeys(names);
    this.time = time;
  }

  /** Entries folded in, unreadable ones included. */
  get size(): number {
    return this.#size;
  }

  /** The log's own statement key: whoever signed entry 0, which must be a join with the role `log`. */
  get operator(): string | undefined {
    return this.#operator;
  }

  /** Log index of a record id. */
  indexOf(id: string): number | undefined {
    return this.#ids.indexOf(id);
  }

  /** Passes over an entry that could not be read; it keeps its index. */
  skip(): void {
    this.#size++;
  }

  /**
   * Folds in the entry at index `size`. Returns the reason when the statement is ignored.
   */
  apply(record: LogRecord): Refusal | undefined {
    this.#size = record.index + 1;
    if (record.index === 0 && record.kind === 'participant.join' && record.predicate.roles.includes('log')) {
      this.#operator = record.signer;
    }
    // Two signers of one payload make one record id and two statements: an endorsement counts for each.
    const isRepeat = this.#ids.has(record.id, record.signer);
    const reason = isRepeat ? 'duplicate' : (refusalOf(this, record) ?? this.#fold(record));
    if (reason !== undefined) {
      this.ignored.push({ index: record.index, id: record.id, kind: record.kind, reason });
      return reason;
    }
    this.#ids.add(record.id, record.signer, record.index);
    this.#noteKeys(record);
    return undefined;
  }

  #fold(record: LogRecord): Refusal | undefined {
    const { id, index, signer } = record;
    switch (record.kind) {
      case 'participant.join':
        this.participants.join(signer, record.predicate, index);
        break;
      case 'participant.leave':
        this.participants.leave(signer, index);
        break;
      case 'key.rotate':
        this.participants.rotate(signer, record.predicate.to, index);
        break;
      case 'key.compromised':
        this.participants.compromise(record.predicate.key, index);
        break;
      case 'model.create':
        this.models.create(record.predicate.model, index);
        break;
      case 'grant':
        this.models.grant({ id, grantedBy: signer, grantedAt: index, ...record.predicate });
        break;
      case 'revoke':
        this.models.revoke(record.predicate.grant, index);
        break;
      case 'version.publish':
        this.models.publish(record.predicate, index);
        break;
      case 'version.withdraw':
        this.models.withdraw(record.predicate.version, index);
        break;
      case 'channel.decide':
        this.#decide(record);
        break;
      case 'serve.lease':
        this.leases.lease(signer, record.predicate, { id, index });
        break;
      case 'serve.drain':
        if (this.leases.drain(signer, record.predicate.lease, index) === undefined) return 'unknown-record';
        break;
      case 'lease.lapse':
        this.#lapse(record.predicate.lease, index);
        break;
      case 'checkpoint.cosigned':
        return this.#cosigned(record.predicate, index);
      case 'output.receipt': {
        const { client } = record.predicate.request;
        const key = client.startsWith('ed25519:') ? { client } : {};
        this.owners.add(id, { kind: record.kind, signer, index, model: record.predicate.model, ...key });
        return undefined;
      }
      case 'act':
      case 'incident.open':
        this.owners.add(id, { kind: record.kind, signer, index });
        break;
      default:
        break;
    }
    return undefined;
  }

  #decide({ id, index, signer, predicate }: LogRecord & { kind: 'channel.decide' }): void {
    const { to, effective, incident } = predicate;
    this.channels.decide(predicate.channel, {
      id,
      index,
      to,
      signer,
      ...(effective === undefined ? {} : { effective }),
      ...(incident === undefined ? {} : { incident }),
    });
  }

  #lapse(id: string, index: number): void {
    const lease = this.leases.byId(id);
    if (lease !== undefined) this.leases.lapse(lease, index);
  }

  #cosigned(predicate: Predicate<'checkpoint.cosigned'>, index: number): Refusal | undefined {
    const size = Number(predicate.size);
    const time = this.#witnessedAt(predicate);
    if (time === undefined || size > index) return 'not-witnessed';
    return this.time.add(size, time, index) ? undefined : 'stale';
  }

  #noteKeys({ id, index, signer, keys }: LogRecord): void {
    for (const key of keys) {
      const first = this.#keys.claim(key, id);
      if (first !== undefined) this.equivocations.push({ key, signer, first, second: id, index });
    }
  }
}
