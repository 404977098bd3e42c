/** What the same disk does without a log: append and fdatasync, node:sqlite, PostgreSQL. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Rate, rateOf } from './rate.ts';

const ENTRY = Buffer.alloc(256, 0x61);

/** Appends of `batch` entries, each made durable, for some seconds. */
export function rawAppend(batch: number, seconds: number): Promise<Rate> {
  return inDirectory(async (directory) => {
    const file = await open(join(directory, 'raw'), 'a');
    const bytes = Buffer.concat(Array.from({ length: batch }, () => ENTRY));
    const rate = await rateOf(process.pid, () =>
      during(seconds, async () => {
        await file.write(bytes);
        await file.datasync();
        return batch;
      }),
    );
    await file.close();
    return rate;
  });
}

/** Inserts of `batch` rows per transaction, WAL and synchronous=FULL. */
export function sqlite(batch: number, seconds: number): Promise<Rate> {
  return inDirectory(async (directory) => {
    const database = new DatabaseSync(join(directory, 'peer.db'));
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    database.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)');
    const insert = database.prepare('INSERT INTO entry (bytes) VALUES (?)');
    const rate = await rateOf(process.pid, () =>
      during(seconds, async () => {
        database.exec('BEGIN');
        for (let i = 0; i < batch; i++) insert.run(ENTRY);
        database.exec('COMMIT');
        return batch;
      }),
    );
    database.close();
    return rate;
  });
}

/** Single-row commits by pgbench with 16 clients; undefined when PostgreSQL is not on the PATH. */
export async function postgres(seconds: number): Promise<{ perSecond: number } | undefined> {
  if (!['initdb', 'postgres', 'pgbench', 'psql'].every(isInstalled)) return undefined;
  return inDirectory(async (directory) => {
    // PostgreSQL refuses to run as root: then as nobody, in a directory of its own.
    const isRoot = process.getuid?.() === 0;
    const as = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    const data = join(directory, 'data');
    mkdirSync(data);
    if (isRoot) for (const path of [directory, data]) chownSync(path, 65_534, 65_534);
    execFileSync('initdb', ['-D', data, '-U', 'bench', '-A', 'trust'], { ...as, stdio: 'ignore' });
    const server = spawn('postgres', ['-D', data, '-k', directory, '-c', 'listen_addresses='], {
      ...as,
      stdio: 'ignore',
    });
    try {
      const connection = ['-h', directory, '-U', 'bench'];
      await waitFor(() => succeeds('psql', [...connection, '-d', 'postgres', '-c', 'select 1']));
      execFileSync(
        'psql',
        [...connection, '-d', 'postgres', '-c', 'create table entry (id bigserial primary key, bytes bytea)'],
        { stdio: 'ignore' },
      );
      const script = join(directory, 'insert.sql');
      writeFileSync(script, `insert into entry (bytes) values ('\\x${ENTRY.toString('hex')}');\n`);
      const report = execFileSync(
        'pgbench',
        [...connection, '-n', '-f', script, '-c', '16', '-j', '2', '-T', String(seconds), 'postgres'],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
      return { perSecond: Number(/tps = ([0-9.]+)/.exec(report)?.[1]) };
    } finally {
      server.kill('SIGINT');
      await new Promise((resolve) => server.once('exit', resolve));
    }
  });
}

async function during(seconds: number, step: () => Promise<number>): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let count = 0;
  while (performance.now() < end) count += await step();
  return count;
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'assay-peer-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const isInstalled = (program: string): boolean => succeeds(program, ['--version']);

function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

async function waitFor(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
}
