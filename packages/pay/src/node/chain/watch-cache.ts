/**
 * How far a watcher has come, kept in a file so that a start reads the new blocks only.
 *
 * It is a cache of a prefix of the chain: whoever reads it holds the block hashes against the chain, and a file that is
 * missing, torn or of something else is none. So nothing is synced; a crash leaves the old file, the new one, or nothing.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { WatchedTo } from './watcher.ts';

/** What is kept: where the watcher is, and what follows from everything it told. */
export interface WatchedAll extends WatchedTo {
  readonly holds: readonly string[];
}

const block = z.int().min(0);
const schema = z.strictObject({
  of: z.string(),
  seen: z.array(z.strictObject({ number: block, hash: z.string() })),
  told: z.array(
    z.strictObject({
      name: z.string(),
      args: z.record(z.string(), z.unknown()),
      blockNumber: block,
      blockHash: z.string(),
      tx: z.string(),
    }),
  ),
  holds: z.array(z.string()),
});

/** The cache of one watcher. */
export class WatchCache {
  readonly #path: string;
  readonly #of: string;
  #newest = '';

  /** @param of  names what is watched and from where on: chain, contract, events, first block */
  constructor(path: string, of: string) {
    this.#path = path;
    this.#of = of;
  }

  /** What is kept; undefined where everything has to be read. */
  load(): WatchedAll | undefined {
    const found = schema.safeParse(jsonIn(this.#path));
    return found.success && found.data.of === this.#of ? found.data : undefined;
  }

  /** Keeps how far it has come, unless that is where it was. */
  save({ seen, told, holds }: WatchedAll): void {
    const last = seen.at(-1)?.hash ?? '';
    if (last === this.#newest) return;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.new`, JSON.stringify({ of: this.#of, seen, told: told.map(plain), holds }));
    renameSync(`${this.#path}.new`, this.#path);
    this.#newest = last;
  }
}

/** Numbers of any size as decimal text: a watcher that goes on tells them so when it takes an event back. */
const plain = (event: WatchedTo['told'][number]): object => ({
  ...event,
  args: Object.fromEntries(
    Object.entries(event.args).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  ),
});

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
