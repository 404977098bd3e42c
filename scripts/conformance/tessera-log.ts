/** A log of 15 entries that Tessera wrote: every checkpoint, tile and bundle, and every proof between them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { equal } from '@assay/core';
import {
  bundlePath,
  CompactRange,
  consistencyProof,
  decodeBundle,
  inclusionProof,
  leafHash,
  noteVerifier,
  openCheckpoint,
  rootFromLeaves,
  TileHashes,
  tileNodeReader,
  tilePath,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '@assay/log';
import { must, Suite } from './suite.ts';

const KEY = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx';

export function tesseraLogSuite(folder: string): Suite {
  const suite = new Suite();
  const sizes = readdirSync(folder).flatMap((name) => /^checkpoint\.([0-9]+)$/.exec(name)?.[1] ?? []);
  const last = Math.max(...sizes.map(Number));
  const roots = sizes
    .map(Number)
    .toSorted((a, b) => a - b)
    .map((size) => checkTree(suite, folder, size));
  suite.accepts('checkpoint is the newest', () => {
    const { size, root } = open(folder, 'checkpoint');
    must(size === last && equal(root, roots[last] as Uint8Array), 'another size or root');
  });
  for (const [size, root] of roots.entries()) checkProofs(suite, { folder, size, root, roots });
  return suite;
}

/** One size: the signed root is that of the bundle's entries, whichever way it is computed. */
function checkTree(suite: Suite, folder: string, size: number): Uint8Array {
  const { size: signedSize, root } = open(folder, `checkpoint.${size}`);
  const leaves =
    size === 0 ? [] : decodeBundle(read(folder, bundlePath({ index: 0, width: size })), size).map(leafHash);
  suite.accepts(`checkpoint.${size} is signed and says ${size}`, () =>
    must(signedSize === size, `says ${signedSize}`),
  );
  suite.accepts(`root of ${size} by definition`, () =>
    must(equal(rootFromLeaves(leaves), root), 'another root'),
  );
  suite.accepts(`root of ${size} by appending`, () => {
    const range = new CompactRange();
    for (const leaf of leaves) range.append(leaf);
    must(equal(range.root(), root), 'another root');
  });
  if (size === 0) return root;
  suite.accepts(`tile of width ${size}`, () => {
    const tile = tileHashes(folder, size);
    must(tile.width === size, `width ${tile.width}`);
    for (const [i, leaf] of leaves.entries())
      must(equal(tile.node(0, i), leaf), `hash ${i} is not of entry ${i}`);
  });
  suite.accepts(`root of ${size} from its tile`, () => {
    must(equal(treeRoot(size, reader(folder, size)), root), 'another root');
  });
  return root;
}

function checkProofs(
  suite: Suite,
  {
    folder,
    size,
    root,
    roots,
  }: { folder: string; size: number; root: Uint8Array; roots: readonly Uint8Array[] },
): void {
  for (let index = 0; index < size; index++) {
    suite.accepts(`inclusion of ${index} in ${size}`, () => {
      const nodes = reader(folder, size);
      verifyInclusion({
        leafHash: nodes(0, index),
        index,
        size,
        root,
        proof: inclusionProof(index, size, nodes),
      });
    });
  }
  for (let oldSize = 0; oldSize <= size; oldSize++) {
    suite.accepts(`consistency of ${oldSize} with ${size}`, () => {
      const proof = oldSize === 0 ? [] : consistencyProof(oldSize, size, reader(folder, size));
      verifyConsistency({ oldSize, oldRoot: roots[oldSize] as Uint8Array, size, root, proof });
    });
  }
}

const read = (folder: string, path: string): Uint8Array => readFileSync(join(folder, path));
const open = (folder: string, name: string) =>
  openCheckpoint(read(folder, name), [noteVerifier(KEY)]).checkpoint;
const tileHashes = (folder: string, width: number): TileHashes =>
  new TileHashes(read(folder, tilePath({ level: 0, index: 0, width })));
const reader = (folder: string, size: number) =>
  tileNodeReader(size, (tile) => new TileHashes(read(folder, tilePath(tile))));
