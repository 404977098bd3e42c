/** The peer: the same closure by SQLite's recursive query, over an indexed table of edges. */
import { DatabaseSync } from 'node:sqlite';
import { emptyRecord, type World } from './world.ts';

export interface Peer {
  readonly seconds: number;
  readonly version: string;
  /** Size of the closure of `seeds`, and milliseconds it took. */
  closure(seeds: Uint32Array): { readonly size: number; readonly ms: number };
  close(): void;
}

/** Loads a world's edges in memory, sorted by source in a table without row ids: SQLite's best form of it. */
export function sqlitePeer(world: World): Peer {
  const start = performance.now();
  const db = new DatabaseSync(':memory:');
  db.exec('PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-2000000');
  db.exec('CREATE TABLE raw(src INTEGER, dst INTEGER); CREATE TABLE seed(id INTEGER PRIMARY KEY)');
  insertEdges(db, world);
  db.exec('CREATE TABLE edge(src INTEGER, dst INTEGER, PRIMARY KEY(src, dst)) WITHOUT ROWID');
  db.exec('INSERT OR IGNORE INTO edge SELECT src, dst FROM raw ORDER BY src, dst; DROP TABLE raw');
  const seconds = (performance.now() - start) / 1000;
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  return { seconds, version, closure: (seeds) => closure(db, seeds), close: () => db.close() };
}

function insertEdges(db: DatabaseSync, world: World): void {
  const insert = db.prepare('INSERT INTO raw VALUES(?, ?)');
  const record = emptyRecord();
  db.exec('BEGIN');
  for (let id = 1; id <= world.size; id++) {
    world.record(id, record);
    for (const parent of record.parents) insert.run(parent, id);
  }
  for (const [source, target] of world.lateEdges()) insert.run(source, target);
  db.exec('COMMIT');
}

// CROSS JOIN pins the order of the join; without it SQLite may choose a plan that scans the edges per level.
const CLOSURE = `WITH RECURSIVE reached(id) AS (
  SELECT id FROM seed UNION SELECT edge.dst FROM reached CROSS JOIN edge ON edge.src = reached.id
) SELECT count(*) AS size FROM reached`;

function closure(db: DatabaseSync, seeds: Uint32Array): { size: number; ms: number } {
  db.exec('DELETE FROM seed; BEGIN');
  const insert = db.prepare('INSERT INTO seed VALUES(?)');
  for (const seed of seeds) insert.run(seed);
  db.exec('COMMIT');
  const start = performance.now();
  const { size } = db.prepare(CLOSURE).get() as { size: number };
  return { size, ms: performance.now() - start };
}
