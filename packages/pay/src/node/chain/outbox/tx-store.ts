/** Signed transactions on disk: what was intended, every attempt at it, and what came of it. */
import type { DatabaseSync } from 'node:sqlite';
import { openOwnDatabase } from '../own-database.ts';
import { TxError } from './tx-error.ts';

/** Something to be done on the chain, once. */
export interface TxIntent {
  /** Names it; the same key is the same transaction for ever. */
  readonly key: string;
  readonly to: string;
  /** Call data in hexadecimal. */
  readonly data: string;
  /** Wei. */
  readonly value?: bigint;
  /** Gas limit; estimated when absent. */
  readonly gas?: bigint;
}

/** One signed form of an intent; they differ in fees, and after a stranger took the nonce in that. */
export interface TxAttempt {
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Where it was mined. */
export interface MinedAt {
  readonly hash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly reverted: boolean;
}

/** An intent with its state. A confirmed one opens again only when the chain has forgotten it. */
export interface TxRecord extends TxIntent {
  readonly state: 'pending' | 'mined' | 'confirmed';
  readonly nonce: number;
  readonly gas: bigint;
  readonly value: bigint;
  readonly mined?: MinedAt;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS owner (only INTEGER PRIMARY KEY CHECK (only = 1), chain_id INTEGER, sender TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS intents (
    key TEXT PRIMARY KEY, recipient TEXT NOT NULL, data TEXT NOT NULL, value TEXT NOT NULL, gas TEXT NOT NULL,
    nonce INTEGER NOT NULL UNIQUE, state TEXT NOT NULL, hash TEXT, block_number INTEGER, block_hash TEXT,
    reverted INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS attempts (
    key TEXT NOT NULL, nonce INTEGER NOT NULL, hash TEXT NOT NULL UNIQUE, raw TEXT NOT NULL, max_fee TEXT NOT NULL,
    tip TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS attempts_of ON attempts (key);`;

type Row = Record<string, unknown>;

/** The open store: one process's alone. What a method wrote survives a power cut once it returns. */
export class TxStore implements Disposable {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Keeps an intent with its first signed form; only then may it be sent. */
  add(intent: TxIntent & { readonly gas: bigint }, attempt: TxAttempt): void {
    this.#atomically(() => {
      this.#database
        .prepare("INSERT INTO intents VALUES (?, ?, ?, ?, ?, ?, 'pending', NULL, NULL, NULL, NULL)")
        .run(
          intent.key,
          intent.to,
          intent.data,
          String(intent.value ?? 0n),
          String(intent.gas),
          attempt.nonce,
        );
      this.#addAttempt(intent.key, attempt);
    });
  }

  /** Keeps another signed form, which from now on is the one that is sent. */
  addAttempt(key: string, attempt: TxAttempt): void {
    this.#atomically(() => {
      this.#database.prepare('UPDATE intents SET nonce = ? WHERE key = ?').run(attempt.nonce, key);
      this.#addAttempt(key, attempt);
    });
  }

  get(key: string): TxRecord | undefined {
    const row = this.#database.prepare('SELECT * FROM intents WHERE key = ?').get(key);
    return row === undefined ? undefined : recordOf(row);
  }

  /** Intents whose keys begin with `prefix`, in the order of nonces. */
  startingWith(prefix: string): readonly TxRecord[] {
    const rows = this.#database
      .prepare('SELECT * FROM intents WHERE substr(key, 1, ?) = ? ORDER BY nonce')
      .all(prefix.length, prefix);
    return rows.map(recordOf);
  }

  /** Signed forms, oldest first. */
  attempts(key: string): readonly TxAttempt[] {
    const rows = this.#database.prepare('SELECT * FROM attempts WHERE key = ? ORDER BY rowid').all(key);
    return rows.map(attemptOf);
  }

  /** Everything not confirmed, in the order of nonces. */
  get open(): readonly TxRecord[] {
    return this.#database
      .prepare("SELECT * FROM intents WHERE state <> 'confirmed' ORDER BY nonce")
      .all()
      .map(recordOf);
  }

  /** The nonce after the highest one given out; 0 for none. */
  get nextNonce(): number {
    const row = this.#database.prepare('SELECT max(nonce) + 1 AS next FROM intents').get();
    return Number(row?.['next'] ?? 0);
  }

  setMined(key: string, state: 'mined' | 'confirmed', at: MinedAt): void {
    this.#database
      .prepare(
        'UPDATE intents SET state = ?, hash = ?, block_number = ?, block_hash = ?, reverted = ? WHERE key = ?',
      )
      .run(state, at.hash, at.blockNumber, at.blockHash, at.reverted ? 1 : 0, key);
  }

  /** The chain has forgotten it: it is to be sent again. */
  setPending(key: string): void {
    this.#database
      .prepare(
        "UPDATE intents SET state = 'pending', hash = NULL, block_number = NULL, block_hash = NULL, reverted = NULL WHERE key = ?",
      )
      .run(key);
  }

  /** Opens everything from `nonce` on that was held mined; returns the keys. */
  reopenFrom(nonce: number): readonly string[] {
    const rows = this.#database
      .prepare("SELECT key FROM intents WHERE nonce >= ? AND state <> 'pending' ORDER BY nonce")
      .all(nonce);
    const keys = rows.map((row) => String(row['key']));
    this.#atomically(() => keys.forEach((key) => this.setPending(key)));
    return keys;
  }

  /** Binds a new store to a sender on a chain, or checks that it is theirs. @throws TxError `conflict` */
  claim(chainId: number, sender: string, path: string): void {
    this.#database.prepare('INSERT OR IGNORE INTO owner VALUES (1, ?, ?)').run(chainId, sender);
    const row = this.#database.prepare('SELECT chain_id, sender FROM owner').get();
    if (row?.['chain_id'] === chainId && row['sender'] === sender) return;
    throw new TxError('conflict', {
      what: `this outbox is of ${String(row?.['sender'])} on chain ${String(row?.['chain_id'])}, not of ${sender} on ${chainId}`,
      where: path,
      fix: 'Give each sender on each chain an outbox of its own.',
    });
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #addAttempt(key: string, { nonce, hash, raw, maxFeePerGas, maxPriorityFeePerGas }: TxAttempt): void {
    this.#database
      .prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?)')
      .run(key, nonce, hash, raw, String(maxFeePerGas), String(maxPriorityFeePerGas));
  }

  #atomically(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw cause;
    }
  }
}

/** Opens or makes the store at `path`. @throws TxError `locked` | `conflict` */
export function openTxStore(path: string, owner: { chainId: number; sender: string }): TxStore {
  return openOwnDatabase(path, {
    schema: SCHEMA,
    inUse: (cause) =>
      new TxError('locked', {
        what: 'another process has this outbox open: two would give out the same nonces',
        where: path,
        fix: 'Stop that process, or give this one a sender of its own.',
        cause,
      }),
    claim: (database) => {
      const store = new TxStore(database);
      store.claim(owner.chainId, owner.sender, path);
      return store;
    },
  });
}

function recordOf(row: Row): TxRecord {
  const isMined = row['hash'] !== null;
  return {
    key: String(row['key']),
    to: String(row['recipient']),
    data: String(row['data']),
    value: BigInt(String(row['value'])),
    gas: BigInt(String(row['gas'])),
    nonce: Number(row['nonce']),
    state: String(row['state']) as TxRecord['state'],
    ...(isMined
      ? {
          mined: {
            hash: String(row['hash']),
            blockNumber: Number(row['block_number']),
            blockHash: String(row['block_hash']),
            reverted: row['reverted'] === 1,
          },
        }
      : {}),
  };
}

function attemptOf(row: Row): TxAttempt {
  return {
    nonce: Number(row['nonce']),
    hash: String(row['hash']),
    raw: String(row['raw']),
    maxFeePerGas: BigInt(String(row['max_fee'])),
    maxPriorityFeePerGas: BigInt(String(row['tip'])),
  };
}
