/** The checkpoint row in SQLite: its file locks work between processes, which nothing in Node itself does. */
import { DatabaseSync } from 'node:sqlite';
import type { CheckpointRow, RowState, SegmentRef } from './checkpoint-row.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS checkpoint (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  version INTEGER NOT NULL, origin TEXT NOT NULL, key TEXT NOT NULL,
  size INTEGER NOT NULL, root TEXT NOT NULL, time INTEGER NOT NULL,
  segments TEXT NOT NULL, published TEXT NOT NULL
) STRICT`;

const COLUMNS = 'version, origin, key, size, root, time, segments, published';

/**
 * Opens or makes the database at `path`.
 *
 * `synchronous = FULL`: a swap that returned true survives a power cut.
 */
export function sqliteRow(path: string): CheckpointRow {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA busy_timeout = 5000');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(SCHEMA);
  return new SqliteRow(database);
}

/** Opens the database at `path` to look only; nothing is made or changed. */
export function sqliteRowReadOnly(path: string): CheckpointRow {
  return new SqliteRow(new DatabaseSync(path, { readOnly: true }));
}

class SqliteRow implements CheckpointRow {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async read(): Promise<RowState | undefined> {
    const row = this.#database.prepare(`SELECT ${COLUMNS} FROM checkpoint`).get();
    if (row === undefined) return undefined;
    return {
      version: Number(row.version),
      origin: String(row.origin),
      key: String(row.key),
      size: Number(row.size),
      root: String(row.root),
      time: Number(row.time),
      segments: parseSegments(String(row.segments)),
      published: String(row.published),
    };
  }

  async swap(expected: RowState | undefined, next: RowState): Promise<boolean> {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const swapped = expected === undefined ? this.#insert(next) : this.#update(expected, next);
      this.#database.exec('COMMIT');
      return swapped;
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw cause;
    }
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #insert(next: RowState): boolean {
    this.#insertStatement ??= this.#database.prepare(
      `INSERT OR IGNORE INTO checkpoint (only, ${COLUMNS}) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    return this.#insertStatement.run(...values(next)).changes === 1;
  }

  #update(expected: RowState, next: RowState): boolean {
    this.#updateStatement ??= this.#database.prepare(
      `UPDATE checkpoint SET version = ?, origin = ?, key = ?, size = ?, root = ?, time = ?, segments = ?, published = ?
       WHERE version = ? AND size = ? AND root = ?`,
    );
    return (
      this.#updateStatement.run(...values(next), expected.version, expected.size, expected.root).changes === 1
    );
  }

  #insertStatement: ReturnType<DatabaseSync['prepare']> | undefined;
  #updateStatement: ReturnType<DatabaseSync['prepare']> | undefined;
}

const values = (row: RowState): [number, string, string, number, string, number, string, string] => [
  row.version,
  row.origin,
  row.key,
  row.size,
  row.root,
  row.time,
  JSON.stringify(row.segments),
  row.published,
];

/** Our own JSON, but from a file that may have been damaged: only the exact shape passes. */
function parseSegments(text: string): readonly SegmentRef[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) throw new TypeError('the segments column does not hold a list');
  return value.map((item: { name?: unknown; start?: unknown; bytes?: unknown }) => {
    const { name, start, bytes } = item;
    if (typeof name !== 'string' || !Number.isSafeInteger(start) || !Number.isSafeInteger(bytes)) {
      throw new TypeError('the segments column holds something that is not a segment');
    }
    return { name, start: start as number, bytes: bytes as number };
  });
}
