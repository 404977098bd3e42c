/** A witness's memory: the latest checkpoint it cosigned of each log, in SQLite. Losing it means retiring the key. */
import { DatabaseSync } from 'node:sqlite';
import { fromHex, hex, sha256, utf8 } from '@assay/core';
import { WitnessError } from './witness-error.ts';

/** The latest checkpoint of one log. */
export interface StoredCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** POSIX seconds of the cosignature. */
  readonly timestamp: number;
  /** The note with the log's and the witness's signatures. */
  readonly note: Uint8Array;
}

export interface WitnessStore {
  /**
   * Decides on the latest checkpoint of `origin` and persists the decision, as one atomic step: no other writer, in this
   * or another process, sees or changes it in between.
   *
   * Durability: when this returns, the new checkpoint survives a power cut. If `decide` throws, nothing has changed and
   * the error passes through. Only after it returned may a cosignature leave the machine: one that left before, and was
   * then forgotten, is a fork waiting to be signed.
   */
  advance(
    origin: string,
    decide: (latest: StoredCheckpoint | undefined) => StoredCheckpoint,
  ): StoredCheckpoint;

  /** The latest checkpoint of the log whose origin hashes (SHA-256, lower-case hex) to this. */
  byOriginHash(originHash: string): StoredCheckpoint | undefined;

  close(): void;
}

/** SHA-256 of an origin in lower-case hex: how the monitoring path names a log. */
export function originHash(origin: string): string {
  return hex(sha256(utf8(origin)));
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS witness (only INTEGER PRIMARY KEY CHECK (only = 1), vkeys TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS latest (
    origin_hash TEXT PRIMARY KEY, origin TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, root TEXT NOT NULL,
    timestamp INTEGER NOT NULL, note BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;`;

/**
 * Opens or makes the database at `path` for a witness with these vkeys.
 *
 * @throws WitnessError `wrong-database` if it was made for other keys
 */
export function openWitnessStore(path: string, vkeys: readonly string[]): WitnessStore {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA busy_timeout = 5000');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(SCHEMA);
  const store = new SqliteWitnessStore(database);
  store.claim(vkeys.join('\n'), path);
  return store;
}

class SqliteWitnessStore implements WitnessStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Binds a new database to its keys, or checks that it is theirs. */
  claim(vkeys: string, path: string): void {
    this.#database.prepare('INSERT OR IGNORE INTO witness (only, vkeys) VALUES (1, ?)').run(vkeys);
    const owner = this.#database.prepare('SELECT vkeys FROM witness').get()?.vkeys;
    if (owner === vkeys) return;
    this.#database.close();
    const what = `the database was made for ${String(owner)}, not for ${vkeys}`;
    throw new WitnessError('wrong-database', {
      what,
      where: path,
      fix: 'Give each witness key a database of its own.',
    });
  }

  advance(
    origin: string,
    decide: (latest: StoredCheckpoint | undefined) => StoredCheckpoint,
  ): StoredCheckpoint {
    // IMMEDIATE takes the write lock before the read, so that two processes cannot decide on the same row.
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const next = decide(this.byOriginHash(originHash(origin)));
      this.#put(next);
      this.#database.exec('COMMIT');
      return next;
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw cause;
    }
  }

  byOriginHash(originHash: string): StoredCheckpoint | undefined {
    const row = this.#database.prepare('SELECT * FROM latest WHERE origin_hash = ?').get(originHash);
    if (row === undefined) return undefined;
    return {
      origin: String(row.origin),
      size: Number(row.size),
      root: fromHex(String(row.root)),
      timestamp: Number(row.timestamp),
      note: row.note as Uint8Array,
    };
  }

  close(): void {
    this.#database.close();
  }

  #put(next: StoredCheckpoint): void {
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO latest (origin_hash, origin, size, root, timestamp, note) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(originHash(next.origin), next.origin, next.size, hex(next.root), next.timestamp, next.note);
  }
}
