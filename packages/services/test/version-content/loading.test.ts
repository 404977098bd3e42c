/** Loading a version from storage while storage nodes are gone, lie or have nothing, over real sockets and disks. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex } from '@assay/core';
import { memorySource } from '@assay/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ContentCache,
  StorageSource,
  storeFiles,
  versionFiles,
  VersionStore,
} from '../../src/version-content/index.ts';
import { linearVersion } from '../support/linear-version.ts';
import { TestStores } from '../support/stores.ts';

const directory = mkdtempSync(join(tmpdir(), 'assay-loading-'));
const version = linearVersion(3);
let stores: TestStores;
let blob = '';
let folders = 0;

/** A store with an empty cache, as on a machine that has never served the version. */
function cold(blobOf: (digest: string) => string | undefined = () => blob): {
  store: VersionStore;
  cache: ContentCache;
} {
  const cache = new ContentCache(join(directory, `cache-${folders++}`));
  return { store: new VersionStore({ cache, blobs: new StorageSource(stores.connection), blobOf }), cache };
}

beforeAll(async () => {
  stores = await TestStores.start(join(directory, 'stores'));
  blob = (await stores.store(version)).id;
});

afterAll(async () => {
  await stores.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('a version is loaded by verified reads', () => {
  it('gives exactly the manifest and graph that the digest names', async () => {
    const { manifest, graph } = await cold().store.version(version.digest);
    expect(manifest).toEqual(version.manifest);
    expect(hex(graph)).toBe(hex(version.graph));
  });

  it('serves a second load from the cache, and fetches again what was damaged there', async () => {
    const { store, cache } = cold();
    await store.version(version.digest);
    const path = cache.path(version.manifest.graph.id);
    writeFileSync(path, readFileSync(path).fill(7, 0, 1));
    expect(hex((await store.version(version.digest)).graph)).toBe(hex(version.graph));
    expect(hex(readFileSync(path))).toBe(hex(version.graph));
  });

  it('says so when the log names no blob, and when the blob is of another version', async () => {
    await expect(cold(() => undefined).store.version(version.digest)).rejects.toMatchObject({
      name: 'ContentError',
      code: 'unpublished',
    });
    const other = await stores.store(linearVersion(4));
    await expect(cold(() => other.id).store.version(version.digest)).rejects.toMatchObject({
      code: 'mismatch',
    });
  });

  it('refuses content whose bytes are not what the manifest names', async () => {
    const swapped = linearVersion(5).graph;
    const files = versionFiles(
      version.manifest,
      new Map([[version.manifest.graph.id, memorySource(swapped)]]),
    );
    const { blobId } = await storeFiles(files, { connection: stores.connection });
    await expect(cold(() => hex(blobId)).store.version(version.digest)).rejects.toMatchObject({
      code: 'mismatch',
      what: expect.stringContaining('other bytes'),
    });
  });

  it('stands the loss of n − k storage nodes; with one more it names all that do not answer', async () => {
    await stores.take(0);
    await stores.take(3);
    expect(hex((await cold().store.version(version.digest)).graph)).toBe(hex(version.graph));
    await stores.take(5);
    await expect(cold().store.version(version.digest)).rejects.toMatchObject({
      name: 'ContentError',
      code: 'unavailable',
      where: `blob ${blob}`,
      what: expect.stringMatching(/no answer from storage-1, storage-4, storage-6$/),
    });
    for (const at of [0, 3, 5]) await stores.bring(at);
    expect(hex((await cold().store.version(version.digest)).graph)).toBe(hex(version.graph));
  }, 120_000);
});
