/** A whole tree in memory, with its nodes, tiles and bundles: the ground that the tests stand on. */
import { utf8 } from '@assay/core';
import {
  bundlePath,
  CompactRange,
  encodeBundle,
  leafHash,
  newBundles,
  type NodeReader,
  tilePath,
  tilesOf,
  TILE_HEIGHT,
} from '../../src/index.ts';

export class TestTree {
  readonly entries: Uint8Array[] = [];
  readonly leaves: Uint8Array[] = [];
  /** Root by size, from 0. */
  readonly roots: Uint8Array[] = [];
  readonly #nodes = new Map<string, Uint8Array>();

  constructor(size: number) {
    const range = new CompactRange();
    this.roots.push(range.root());
    for (let i = 0; i < size; i++) {
      const entry = utf8(`entry ${i}`);
      this.entries.push(entry);
      this.leaves.push(leafHash(entry));
      range.append(this.leaves[i] as Uint8Array, (level, index, hash) =>
        this.#nodes.set(`${level}/${index}`, hash),
      );
      this.roots.push(range.root());
    }
  }

  readonly node: NodeReader = (level, index) => {
    const hash = this.#nodes.get(`${level}/${index}`);
    if (hash === undefined) throw new Error(`no complete node ${index} at level ${level}`);
    return hash;
  };

  root(size: number): Uint8Array {
    return this.roots[size] as Uint8Array;
  }

  /** Every file that a log of `size` serves beside its checkpoint, by path. */
  files(size: number): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>();
    for (const tile of tilesOf(size)) {
      const hashes = Array.from({ length: tile.width }, (_, i) =>
        this.node(tile.level * TILE_HEIGHT, tile.index * 256 + i),
      );
      files.set(tilePath(tile), Buffer.concat(hashes));
    }
    for (const bundle of newBundles(0, size)) {
      const start = bundle.index * 256;
      files.set(bundlePath(bundle), encodeBundle(this.entries.slice(start, start + bundle.width)));
    }
    return files;
  }
}

/** A copy of `bytes` with one bit changed. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const bent = Uint8Array.from(bytes);
  bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
  return bent;
}
