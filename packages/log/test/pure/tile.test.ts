import { readFileSync } from 'node:fs';
import { hex, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bundlePath,
  consistencyNodes,
  consistencyProof,
  decodeBundle,
  encodeBundle,
  fullOf,
  inclusionNodes,
  inclusionProof,
  newBundles,
  newTiles,
  parseTilePath,
  rootNodes,
  TileError,
  TileHashes,
  tileNodeReader,
  tileOfNode,
  tilePath,
  tilesForNodes,
  tilesOf,
  tileWidth,
  treeRoot,
} from '../../src/index.ts';
import { TestTree } from './tree.ts';

const tree = new TestTree(66_000);
const BOUNDARIES = [1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537];
const sizes = fc.oneof(fc.constantFrom(...BOUNDARIES), fc.integer({ min: 1, max: 66_000 }));
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof TileError ? error.code : error;
  }
  return 'accepted';
};
const vectors = JSON.parse(readFileSync('vectors/log/tile-paths.json', 'utf8')) as {
  tiles: { level: number | 'entries'; index: number; width: number; path: string }[];
  invalid: string[];
};

describe('tlog-tiles: paths', () => {
  it.each(vectors.tiles)('$path', ({ level, index, width, path }) => {
    expect(level === 'entries' ? bundlePath({ index, width }) : tilePath({ level, index, width })).toBe(path);
    expect(parseTilePath(path)).toEqual({ level, index, width });
  });

  it.each(vectors.invalid)('refuses %s', (path) => {
    expect(codeOf(() => parseTilePath(path))).toBe('path');
  });

  it('every tile comes back from its path', () => {
    const tiles = fc.record({
      level: fc.integer({ min: 0, max: 63 }),
      index: fc.nat({ max: 10 ** 12 }),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
  });
});

describe('tlog-tiles: which tiles a tree has', () => {
  it('"Partial Tiles": the example of 70,000 leaves', () => {
    const tiles = [...tilesOf(70_000)];
    expect(tiles.filter((tile) => tile.level === 0 && tile.width === 256)).toHaveLength(273);
    expect(tiles.filter((tile) => tile.width !== 256 || tile.level > 0)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 0, width: 256 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  it('"Partial Tiles": size 256 is one full tile and a partial one of width 1 above; an empty tile is never one', () => {
    expect([...tilesOf(256)]).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect([...tilesOf(0)]).toEqual([]);
    expect([...newBundles(0, 256)]).toEqual([{ index: 0, width: 256 }]);
    expect([...newBundles(0, 257)].at(-1)).toEqual({ index: 1, width: 1 });
    expect([...newBundles(257, 257)]).toEqual([]);
    expect(fullOf({ index: 1, width: 1 })).toEqual({ index: 1, width: 256 });
  });

  it('partial width is floor(size / 256^level) mod 256 at every level and size', () => {
    fc.assert(
      fc.property(fc.oneof(sizes, fc.maxSafeNat()), fc.integer({ min: 0, max: 5 }), (size, level) => {
        const hashes = Math.floor(size / 256 ** level);
        expect(tileWidth(level, Math.floor(hashes / 256), size)).toBe(hashes % 256);
        expect(tileWidth(level, Math.floor(hashes / 256) + 1, size)).toBe(0);
      }),
    );
  });

  it('growing writes exactly the tiles that the larger tree has and the smaller one had not', () => {
    const key = (tile: { level: number; index: number; width: number }): string => tilePath(tile);
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [old, size] = [Math.min(a, b), Math.max(a, b)];
        const before = new Set(Array.from(tilesOf(old), key));
        const wanted = Array.from(tilesOf(size), key).filter((path) => !before.has(path));
        expect(Array.from(newTiles(old, size), key)).toEqual(wanted);
      }),
      { numRuns: 50 },
    );
  });
});

describe('tiles as the source of roots and proofs', () => {
  const reader = (size: number) => {
    const files = tree.files(size);
    return tileNodeReader(size, (tile) => new TileHashes(files.get(tilePath(tile)) as Uint8Array));
  };

  it.each(BOUNDARIES)(
    'at size %i they give the same root and proofs as the nodes, from the tiles that were asked for',
    (size) => {
      const files = tree.files(size);
      const asked = (tiles: Iterable<Parameters<typeof tilePath>[0]>) => {
        const wanted = new Set(Array.from(tiles, tilePath));
        return tileNodeReader(size, (tile) => {
          expect(wanted).toContain(tilePath(tile));
          return new TileHashes(files.get(tilePath(tile)) as Uint8Array);
        });
      };
      expect(hex(treeRoot(size, asked(tilesForNodes(rootNodes(size), size))))).toBe(hex(tree.root(size)));
      for (const at of [0, 1, 254, 255, 256, 257, size - 2, size - 1, Math.floor(size / 2)]) {
        if (at < 0 || at >= size) continue;
        const forInclusion = asked(tilesForNodes(inclusionNodes(at, size), size));
        expect(inclusionProof(at, size, forInclusion).map(hex)).toEqual(
          inclusionProof(at, size, tree.node).map(hex),
        );
        const forConsistency = asked(tilesForNodes(consistencyNodes(at, size), size));
        expect(consistencyProof(at, size, forConsistency).map(hex)).toEqual(
          consistencyProof(at, size, tree.node).map(hex),
        );
      }
    },
  );

  it('a tile row is hashed from the row below, and a node over the edge of a partial tile does not exist', () => {
    const nodes = reader(300);
    expect(hex(nodes(7, 0))).toBe(hex(tree.node(7, 0)));
    expect(hex(nodes(8, 0))).toBe(hex(tree.node(8, 0)));
    expect(codeOf(() => nodes(6, 4))).toBe('not-in-tree');
    expect(codeOf(() => tileOfNode({ level: 0, index: 300 }, 300))).toBe('not-in-tree');
    expect(codeOf(() => new TileHashes(new Uint8Array(64)).node(1, 1))).toBe('not-in-tree');
  });

  it('refuses bytes that are no tile', () => {
    for (const length of [0, 31, 33, 257 * 32])
      expect(codeOf(() => new TileHashes(new Uint8Array(length)))).toBe('bytes');
  });
});

describe('tlog-tiles, "Log entries"', () => {
  it('is the length in two bytes, big-endian, and the entry', () => {
    expect(hex(encodeBundle([utf8('one'), utf8('two')]))).toBe('00036f6e65000374776f');
  });

  it('comes back, for 1 to 256 entries, empty ones and the largest among them', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(entries, (list) => {
        expect(decodeBundle(encodeBundle(list), list.length).map(hex)).toEqual(list.map(hex));
      }),
    );
    expect(decodeBundle(encodeBundle([new Uint8Array(65_535)]), 1)[0]).toHaveLength(65_535);
  });

  it('refuses a bundle cut anywhere, one of another width, and entries that do not fit', () => {
    const bundle = encodeBundle([utf8('one'), utf8('two')]);
    for (let end = 0; end < bundle.length; end++)
      expect(codeOf(() => decodeBundle(bundle.subarray(0, end), 2))).toMatch(/^(?:bytes|width)$/);
    expect(codeOf(() => decodeBundle(bundle, 1))).toBe('width');
    expect(codeOf(() => decodeBundle(bundle, 3))).toBe('width');
    expect(codeOf(() => encodeBundle([new Uint8Array(65_536)]))).toBe('entry-size');
    expect(codeOf(() => encodeBundle([]))).toBe('width');
    expect(codeOf(() => encodeBundle(Array.from({ length: 257 }, () => new Uint8Array(1))))).toBe('width');
  });
});
