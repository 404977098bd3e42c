/** The port by which an audit reads a log, and reading tiles through it. */
import { type BundleAddress, bundlePath, fullOf, type Tile, tilePath, TILE_WIDTH } from '@assay/log';

/** A log's files, from wherever they are. Reading may be slow; what is read is not believed. */
export interface LogReader {
  /**
   * The bytes at `path` below the log's prefix (`checkpoint`, `tile/0/000`), or undefined if the log does not have it.
   * Rejects when it cannot say.
   */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** A file that was found, and its own width: 256 where the full one stood in for a partial one. */
export interface FoundTile {
  readonly bytes: Uint8Array;
  readonly path: string;
  readonly width: number;
}

/** A tile, or the full one where the partial one was deleted (tlog-tiles, "Partial Tiles"). */
export function readTile(reader: LogReader, tile: Tile): Promise<FoundTile | undefined> {
  return readEither(reader, tile, tilePath);
}

/** A bundle, or the full one where the partial one was deleted. */
export function readBundle(reader: LogReader, bundle: BundleAddress): Promise<FoundTile | undefined> {
  return readEither(reader, bundle, bundlePath);
}

async function readEither<T extends BundleAddress>(
  reader: LogReader,
  address: T,
  pathOf: (address: T) => string,
): Promise<FoundTile | undefined> {
  const candidates = address.width === TILE_WIDTH ? [address] : [address, fullOf(address)];
  for (const candidate of candidates) {
    const path = pathOf(candidate);
    const bytes = await reader.read(path);
    if (bytes !== undefined) return { bytes, path, width: candidate.width };
  }
  return undefined;
}

/**
 * Maps `load` over `items` in order, `ahead` of them at once: reading over a network must not wait for each answer
 * before it asks for the next.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  ahead: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<[T, R]> {
  const waiting: { item: T; result: Promise<R> }[] = [];
  const iterator = items[Symbol.iterator]();
  for (;;) {
    while (waiting.length < ahead) {
      const next = iterator.next();
      if (next.done === true) break;
      const result = load(next.value);
      // A rejection is told when its turn comes; until then it must not count as unhandled.
      result.catch(() => undefined);
      waiting.push({ item: next.value, result });
    }
    const first = waiting.shift();
    if (first === undefined) return;
    yield [first.item, await first.result];
  }
}
