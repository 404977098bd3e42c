/** The checkpoint row in SQLite: its file locks work between processes, which nothing in Node itself does. */
import { DatabaseSync } from 'node:sqlite';
import type { CheckpointRow, RowState, SegmentRef } from './checkpoint-row.ts';

// The note is large and changes seldom, the rest is small and changes with every commit: apart, a commit writes one page.
const SCHEMA = `
CREATE TABLE IF NOT EXISTS checkpoint (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  version INTEGER NOT NULL, origin TEXT NOT NULL, key TEXT NOT NULL,
  size INTEGER NOT NULL, root TEXT NOT NULL, time INTEGER NOT NULL, segments TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS published (
  only INTEGER PRIMARY KEY CHECK (only = 1), note TEXT NOT NULL
) STRICT`;

const READ = `SELECT version, origin, key, size, root, time, segments, coalesce(note, '') AS note
  FROM checkpoint LEFT JOIN published USING (only)`;
const INSERT = `INSERT OR IGNORE INTO checkpoint (only, version, origin, key, size, root, time, segments)
  VALUES (1, ?, ?, ?, ?, ?, ?, ?)`;
const UPDATE = `UPDATE checkpoint SET version = ?, origin = ?, key = ?, size = ?, root = ?, time = ?, segments = ?
  WHERE version = ? AND size = ? AND root = ?`;
const PUBLISH = 'INSERT OR REPLACE INTO published (only, note) VALUES (1, ?)';

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
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async read(): Promise<RowState | undefined> {
    const row = this.#statement(READ).get();
    if (row === undefined) return undefined;
    return {
      version: Number(row.version),
      origin: String(row.origin),
      key: String(row.key),
      size: Number(row.size),
      root: String(row.root),
      time: Number(row.time),
      segments: parseSegments(String(row.segments)),
      published: String(row.note),
    };
  }

  async swap(expected: RowState | undefined, next: RowState): Promise<boolean> {
    this.#statement('BEGIN IMMEDIATE').run();
    try {
      const swapped = this.#store(expected, next);
      if (swapped && next.published !== (expected?.published ?? ''))
        this.#statement(PUBLISH).run(next.published);
      this.#statement('COMMIT').run();
      return swapped;
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw cause;
    }
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #store(expected: RowState | undefined, next: RowState): boolean {
    if (expected === undefined) return this.#statement(INSERT).run(...values(next)).changes === 1;
    const { version, size, root } = expected;
    return this.#statement(UPDATE).run(...values(next), version, size, root).changes === 1;
  }

  #statement(sql: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

const values = (row: RowState): [number, string, string, number, string, number, string] => [
  row.version,
  row.origin,
  row.key,
  row.size,
  row.root,
  row.time,
  JSON.stringify(row.segments),
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
