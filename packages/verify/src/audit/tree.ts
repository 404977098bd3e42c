/** Second pass: which leaves lead to the signed root, and whether every tile above is theirs. */
import { equal } from '@assay/core';
import { type Checkpoint, HASH_BYTES, newTiles, type Tile, TILE_WIDTH, tilePath } from '@assay/log';
import type { Findings } from './finding.ts';
import type { Leaves } from './leaves.ts';
import { inOrder, type LogReader, readTile } from './log-reader.ts';
import { type ReadEntries, shortHash } from './read-entries.ts';

/**
 * Settles who is right where entries and level-0 tiles differ, and returns the leaves under the signed root.
 *
 * Only one sequence of leaves can lead to that root. If the entries do, a differing tile is wrong; if the tiles do, a
 * differing entry is; if neither does, the checkpoint is of another tree, and undefined is returned.
 */
export function settleLeaves(
  read: ReadEntries,
  checkpoint: Checkpoint,
  findings: Findings,
): Leaves | undefined {
  const { leaves, differing } = read;
  if (leaves.size !== checkpoint.size) return undefined;
  if (equal(leaves.rootAt(leaves.size), checkpoint.root)) {
    for (const tile of new Set(Array.from(differing.keys(), (index) => Math.floor(index / TILE_WIDTH)))) {
      const width = Math.min(TILE_WIDTH, checkpoint.size - tile * TILE_WIDTH);
      findings.add(
        'tile-mismatch',
        'the tile holds hashes that are not of the signed tree',
        tilePath({ level: 0, index: tile, width }),
      );
    }
    return leaves;
  }
  const tiled = differing.size === 0 ? undefined : leaves.with(differing);
  if (tiled !== undefined && equal(tiled.rootAt(tiled.size), checkpoint.root)) {
    for (const [index, hash] of differing) {
      const what = `the entry hashes to ${shortHash(leaves.leaf(index))}; under the signed root is ${shortHash(hash)}`;
      findings.add(
        'entry-byte-flipped',
        what,
        `entry ${index}`,
        'Fetch this entry from a mirror; this copy has been altered.',
      );
    }
    return tiled;
  }
  const got = shortHash(leaves.rootAt(leaves.size));
  findings.add(
    'root-mismatch',
    `the ${leaves.size} entries lead to root ${got}, the checkpoint says ${shortHash(checkpoint.root)}`,
    'checkpoint',
  );
  return undefined;
}

/** Compares every tile above level 0 with what the leaves give. */
export async function auditUpperTiles(reader: LogReader, leaves: Leaves, findings: Findings): Promise<void> {
  const upper = Array.from(newTiles(0, leaves.size)).filter((tile) => tile.level > 0);
  for await (const [tile, found] of inOrder(upper, 8, (at: Tile) => readTile(reader, at))) {
    if (found === undefined) {
      findings.add('tile-missing', 'a tile of the tree is not served', tilePath(tile));
      continue;
    }
    const wanted = leaves
      .tileHashes(tile.level)
      .slice(tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width);
    const same =
      found.bytes.length === found.width * HASH_BYTES &&
      wanted.every((hash, i) => equal(hash, found.bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)));
    if (!same) findings.add('tile-mismatch', 'the tile is not that of the signed tree', found.path);
  }
}
