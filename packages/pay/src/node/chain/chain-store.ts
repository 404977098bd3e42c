/** What the embedded chain keeps on disk: a snapshot, and every transaction since, in order. */
import type { DatabaseSync } from 'node:sqlite';
import { ChainError } from './errors.ts';
import { openOwnDatabase } from './own-database.ts';

/** A transaction as it was taken, and the time of the block it went into. */
export interface KeptTransaction {
  readonly raw: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS chain (only INTEGER PRIMARY KEY CHECK (only = 1), genesis TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS snapshot (only INTEGER PRIMARY KEY CHECK (only = 1), state TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS transactions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, raw TEXT NOT NULL, timestamp INTEGER NOT NULL
  ) STRICT;`;

/** The open store: one process's alone. What a method wrote survives a power cut once it returns. */
export class ChainStore implements Disposable {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get snapshot(): string | undefined {
    const row = this.#database.prepare('SELECT state FROM snapshot').get();
    return row === undefined ? undefined : String(row['state']);
  }

  /** Transactions since the snapshot, in the order in which they were taken. */
  get transactions(): readonly KeptTransaction[] {
    const rows = this.#database.prepare('SELECT raw, timestamp FROM transactions ORDER BY number').all();
    return rows.map((row) => ({ raw: String(row['raw']), timestamp: Number(row['timestamp']) }));
  }

  /** Keeps a transaction. */
  append({ raw, timestamp }: KeptTransaction): void {
    this.#database.prepare('INSERT INTO transactions (raw, timestamp) VALUES (?, ?)').run(raw, timestamp);
  }

  /** Takes `state` for everything up to now. */
  compact(state: string): void {
    // One transaction: after a crash there is the old snapshot with its tail, or the new one without.
    this.#database.exec('BEGIN IMMEDIATE');
    this.#database.prepare('INSERT OR REPLACE INTO snapshot (only, state) VALUES (1, ?)').run(state);
    this.#database.exec('DELETE FROM transactions; COMMIT');
  }

  /** Binds a new store to the chain it is of, or checks that it is of this one. @throws ChainError `other-state` */
  claim(genesis: string, path: string): void {
    this.#database.prepare('INSERT OR IGNORE INTO chain (only, genesis) VALUES (1, ?)').run(genesis);
    const found = String(this.#database.prepare('SELECT genesis FROM chain').get()?.['genesis']);
    if (found === genesis) return;
    throw new ChainError('other-state', {
      what: `the chain kept here began as ${found}, and ${genesis} was asked for`,
      where: path,
      fix: 'Use another folder; money of one chain is never carried to another.',
    });
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Opens or makes the store at `path`. @throws ChainError `other-state` when it is in use or of another chain */
export function openChainStore(path: string, genesis: string): ChainStore {
  return openOwnDatabase(path, {
    schema: SCHEMA,
    inUse: (cause) =>
      new ChainError('other-state', {
        what: 'another process has this chain open',
        where: path,
        fix: 'Stop that process, or use another folder.',
        cause,
      }),
    claim: (database) => {
      const store = new ChainStore(database);
      store.claim(genesis, path);
      return store;
    },
  });
}
