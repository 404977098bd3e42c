/** First pass: every bundle is read and hashed, and held against the level-0 tile beside it. */
import { equal, hex } from '@assay/core';
import {
  type BundleAddress,
  bundlePath,
  decodeBundle,
  HASH_BYTES,
  leafHash,
  newBundles,
  TileError,
  tilePath,
} from '@assay/log';
import type { Findings } from './finding.ts';
import { Leaves } from './leaves.ts';
import { type FoundTile, inOrder, type LogReader, readBundle, readTile } from './log-reader.ts';

/** What the first pass saw. */
export interface ReadEntries {
  /** Hashes of the entries, as far as they could be read. */
  readonly leaves: Leaves;
  /** Where a level-0 tile holds another hash than its entry has, and that hash. */
  readonly differing: ReadonlyMap<number, Uint8Array>;
}

/** Bundles asked for at once. */
const AHEAD = 8;

/**
 * Reads every entry of a tree of `size`, in order.
 *
 * @param visit sees each entry once; the bytes are not kept
 */
export async function readEntries(
  reader: LogReader,
  size: number,
  findings: Findings,
  visit: (entry: Uint8Array, index: number) => void,
): Promise<ReadEntries> {
  const leaves = new Leaves();
  const differing = new Map<number, Uint8Array>();
  const load = async (at: BundleAddress) => ({
    bundle: await readBundle(reader, at),
    tile: await readTile(reader, { level: 0, ...at }),
  });
  for await (const [at, { bundle, tile }] of inOrder(newBundles(0, size), AHEAD, load)) {
    const entries = split(bundle, at, findings, size);
    if (entries === undefined) break;
    const hashes = entries.map(leafHash);
    for (const [i, entry] of entries.entries()) visit(entry, at.index * 256 + i);
    compareTile(at, { tile, hashes, findings, differing });
    leaves.addChunk(hashes);
  }
  return { leaves, differing };
}

/** A bundle's entries, or undefined when it does not hold what the checkpoint says it holds. */
function split(
  bundle: FoundTile | undefined,
  at: BundleAddress,
  findings: Findings,
  size: number,
): readonly Uint8Array[] | undefined {
  if (bundle === undefined) {
    findings.add(
      'truncated-log',
      `the checkpoint says ${size} entries; those from ${at.index * 256} on are not served`,
      bundlePath(at),
    );
    return undefined;
  }
  try {
    return decodeBundle(bundle.bytes, bundle.width).slice(0, at.width);
  } catch (cause) {
    if (!(cause instanceof TileError)) throw cause;
    findings.add(cause.code === 'width' ? 'truncated-log' : 'bundle-malformed', cause.what, bundle.path);
    return undefined;
  }
}

interface Compared {
  readonly tile: FoundTile | undefined;
  readonly hashes: readonly Uint8Array[];
  readonly findings: Findings;
  readonly differing: Map<number, Uint8Array>;
}

/** Notes each hash of the level-0 tile that is not its entry's; who is right shows only at the root. */
function compareTile(at: BundleAddress, { tile, hashes, findings, differing }: Compared): void {
  if (tile === undefined) {
    findings.add('tile-missing', 'a tile of the tree is not served', tilePath({ level: 0, ...at }));
    return;
  }
  if (tile.bytes.length !== tile.width * HASH_BYTES) {
    findings.add('tile-mismatch', `a tile of width ${tile.width} has ${tile.bytes.length} bytes`, tile.path);
    return;
  }
  for (const [i, hash] of hashes.entries()) {
    const stored = tile.bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
    if (!equal(stored, hash)) differing.set(at.index * 256 + i, stored.slice());
  }
}

/** A hash as people compare it. */
export const shortHash = (hash: Uint8Array): string => `${hex(hash).slice(0, 16)}…`;
