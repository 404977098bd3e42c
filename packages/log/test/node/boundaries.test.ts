/** Tile boundaries of the real appender on a real disk: 255/256/257 and 65,535/6/7 (facts §7 trap 4). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equal, utf8 } from '@assay/core';
import {
  CompactRange,
  leafHash,
  newBundles,
  openCheckpoint,
  parseTlogProof,
  tilePath,
  tilesOf,
  bundlePath,
  verifyConsistency,
  verifyInclusion,
} from '@assay/log';
import { diskFiles, fsck, type Log, openLog, sqliteRowReadOnly } from '@assay/log/node';
import { afterAll, describe, expect, it } from 'vitest';
import { LogKeys } from '../../src/node/log-keys.ts';
import { diskOptions, ed25519, mldsa44, ORIGIN, requests } from './support.ts';

const { verifiers } = new LogKeys(ORIGIN, ed25519, mldsa44);
const directories: string[] = [];

function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'assay-log-'));
  directories.push(directory);
  return directory;
}

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** The same tree by other code: the pure half's compact range. */
function expectedRoot(size: number): Uint8Array {
  const range = new CompactRange();
  for (let i = 0; i < size; i++) range.append(leafHash(utf8(`e${i}`)));
  return range.root();
}

async function mustProve(log: Log, index: number): Promise<void> {
  const proof = parseTlogProof(await log.proofFor(index, log.newest.note));
  const { size, root } = openCheckpoint(proof.checkpoint, verifiers).checkpoint;
  verifyInclusion({ leafHash: leafHash(utf8(`e${index}`)), index, size, root, proof: proof.hashes });
}

for (const boundary of [256, 65_536]) {
  describe(`tlog-tiles, Partial Tiles: across ${boundary} entries`, () => {
    const directory = freshDirectory();
    const sizes = [boundary - 1, boundary, boundary + 1];

    for (const [i, size] of sizes.entries()) {
      it(`size ${size}: root, files, proofs and fsck, after a restart as before`, async () => {
        let log = await openLog(diskOptions(directory));
        await log.appendBatch(requests(size - log.size, log.size));
        expect(equal(log.newest.root, expectedRoot(size))).toBe(true);
        await log.publish(log.signForPublication().note);
        const files = diskFiles(join(directory, 'public'));
        for (const tile of tilesOf(size)) {
          const stored = await files.read(tilePath(tile));
          expect(stored?.length, tilePath(tile)).toBe(tile.width * 32);
          expect(equal(stored ?? new Uint8Array(), await log.tileFile(tilePath(tile)))).toBe(true);
        }
        for (const bundle of newBundles(0, size)) expect(await files.read(bundlePath(bundle))).toBeDefined();
        await log.close();

        log = await openLog(diskOptions(directory));
        expect(log.size).toBe(size);
        for (const index of [0, 1, size >> 1, size - 2, size - 1]) await mustProve(log, index);
        for (const oldSize of sizes.slice(0, i)) {
          const proof = await log.consistency(oldSize, size);
          verifyConsistency({
            oldSize,
            size,
            oldRoot: await log.rootAt(oldSize),
            root: log.newest.root,
            proof,
          });
        }
        await log.close();
        const row = sqliteRowReadOnly(join(directory, 'log.db'));
        expect(await fsck({ files: diskFiles(directory), row, verifiers })).toMatchObject({
          size,
          findings: [],
        });
        await row.close();
      });
    }
  });
}

describe('tlog-tiles, Partial Tiles: what there is not', () => {
  it('serves no tile of width 0 and none beyond the tree', async () => {
    const log = await openLog(diskOptions(freshDirectory()));
    await log.appendBatch(requests(257));
    await expect(log.tileFile('tile/0/000.p/0')).rejects.toMatchObject({ code: 'path' });
    await expect(log.tileFile(tilePath({ level: 0, index: 1, width: 2 }))).rejects.toMatchObject({
      code: 'not-covered',
    });
    await log.close();
  });
});
