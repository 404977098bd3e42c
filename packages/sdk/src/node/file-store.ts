/** What a wallet's client must remember, in a SQLite file per wallet: a crash leaves the old text or the new. */
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { MoneyStore } from '../money/store.ts';

/** Several commands may have the file open at once; each waits for the other's write. */
const PATIENCE_MS = 10_000;

// FULL: what a statement wrote survives a power cut once it returned.
const SETUP = `
  PRAGMA busy_timeout = ${PATIENCE_MS};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS texts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`;

/** Where else its texts may be. */
export interface FileStoreOptions {
  /** A store that an earlier build kept as JSON; what it holds is taken over when the file is new. */
  readonly before?: string;
}

/** A store in a file; made when it is first used. Its owner alone may read it. */
export class FileStore implements MoneyStore {
  readonly #path: string;
  readonly #before: string | undefined;
  #opened: DatabaseSync | undefined;

  constructor(path: string, { before }: FileStoreOptions = {}) {
    this.#path = path;
    this.#before = before;
  }

  async get(key: string): Promise<string | undefined> {
    const row = this.#database.prepare('SELECT value FROM texts WHERE key = ?').get(key);
    return row === undefined ? undefined : String(row['value']);
  }

  async set(key: string, value: string): Promise<void> {
    this.#database.prepare('INSERT OR REPLACE INTO texts VALUES (?, ?)').run(key, value);
  }

  async delete(key: string): Promise<void> {
    this.#database.prepare('DELETE FROM texts WHERE key = ?').run(key);
  }

  async keys(prefix: string): Promise<readonly string[]> {
    const rows = this.#database
      .prepare('SELECT key FROM texts WHERE substr(key, 1, ?) = ? ORDER BY key')
      .all([...prefix].length, prefix);
    return rows.map((row) => String(row['key']));
  }

  get #database(): DatabaseSync {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #open(): DatabaseSync {
    mkdirSync(dirname(this.#path), { recursive: true });
    const database = new DatabaseSync(this.#path);
    try {
      chmodSync(this.#path, 0o600);
      database.exec(SETUP);
      if (this.#before !== undefined && existsSync(this.#before)) takeOver(database, this.#before);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

/** All or nothing, and once: what was written since is newer. The old file is left as it was. */
function takeOver(database: DatabaseSync, path: string): void {
  const texts = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  database.exec('BEGIN IMMEDIATE');
  const isNew = database.prepare('SELECT 1 FROM texts LIMIT 1').get() === undefined;
  const add = database.prepare('INSERT INTO texts VALUES (?, ?)');
  if (isNew) for (const [key, value] of Object.entries(texts)) add.run(key, value);
  database.exec('COMMIT');
}
