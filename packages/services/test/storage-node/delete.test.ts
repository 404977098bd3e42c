/** PROTOCOL 8.3: deleting is an operation of its own, by the tenant that stored, and never of what another blob needs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, hex, keyIdOf, randomBytes, type Signer, systemClock } from '@assay/core';
import { Custody, issueCapability, memorySource, openBlob, proveRequest } from '@assay/storage';
import { httpNode, type HttpNode } from '@assay/storage/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectStorage,
  readStorageNetwork,
  type StorageConnection,
} from '../../src/storage-client/index.ts';
import { storeFiles, type StoredBlob } from '../../src/version-content/index.ts';
import { TestStores } from '../support/stores.ts';

const directory = mkdtempSync(join(tmpdir(), 'assay-delete-'));
const [ours, theirs] = [ed25519Signer(randomBytes(32)), ed25519Signer(randomBytes(32))];
const common = { path: 'common.bin', source: memorySource(randomBytes(300_000)) };
let stores: TestStores;
let us: StorageConnection;
let them: StorageConnection;

const connectAs = (signer: Signer): StorageConnection =>
  connectStorage(readStorageNetwork(stores.networkFile, systemClock), {
    clock: systemClock,
    entropy: { bytes: randomBytes },
    signer,
  });

/** What each node said: shards deleted, or why not. */
const deletion = (network: StorageConnection, blobId: Uint8Array): Promise<(number | string)[]> =>
  Promise.all(
    network.nodes.map((node) =>
      node.deleteBlob(blobId).then(
        ({ deleted }) => deleted,
        (error: { code: string }) => error.code,
      ),
    ),
  );

const reads = async (blobId: Uint8Array): Promise<boolean> => {
  try {
    using opened = await openBlob(blobId, us.options);
    return (await opened.bytes('common.bin')).length === common.source.size;
  } catch {
    return false;
  }
};

beforeAll(async () => {
  const tenants = [ours, theirs].map(({ publicKey }) => keyIdOf(publicKey));
  stores = await TestStores.start(directory, 0, tenants);
  us = connectAs(ours);
  them = connectAs(theirs);
});

afterAll(async () => {
  await us[Symbol.asyncDispose]();
  await them[Symbol.asyncDispose]();
  await stores.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('deleting a blob', () => {
  let first: StoredBlob;
  let second: StoredBlob;

  it('is not for whoever may only write, nor for another tenant', async () => {
    first = await storeFiles([common], { connection: us });
    const { manifest, blobId } = first;
    const more = { path: 'more.bin', source: memorySource(randomBytes(1_000)) };
    second = await storeFiles([common, more], { connection: us, parent: { blobId, manifest } });
    const capability = issueCapability(
      {
        holder: ours.publicKey,
        operations: ['put', 'get', 'seal'],
        nodes: [],
        maxBytes: 1e9,
        expires: Math.floor(Date.now() / 1_000) + 600,
        nonce: randomBytes(16),
      },
      ours,
    );
    const { id, url } = readStorageNetwork(stores.networkFile, systemClock).nodes[0] as {
      id: Uint8Array;
      url: string;
    };
    const prove: NonNullable<Parameters<typeof httpNode>[0]['prove']> = (facts) =>
      proveRequest(capability, { ...facts, time: Math.floor(Date.now() / 1_000) }, ours);
    await using writer: HttpNode = httpNode({ id, url, prove });
    await expect(writer.deleteBlob(blobId)).rejects.toMatchObject({ code: 'unauthorised' });
    expect(new Set(await deletion(them, blobId))).toEqual(new Set(['not-found']));
    expect(await reads(blobId)).toBe(true);
  });

  it('is not for whoever renews a lease: that makes nobody a holder', async () => {
    const { manifest, blobId, packCertificates } = first;
    using custody = new Custody(manifest, packCertificates, them.options);
    const { certificate } = await custody.renew(blobId);
    expect(certificate?.signatures.length).toBeGreaterThanOrEqual(5);
    expect(new Set(await deletion(them, blobId))).toEqual(new Set(['not-found']));
  });

  it('leaves what a later version needs, then takes the rest, and stays deleted after a restart', async () => {
    const sealed = (await deletion(us, first.blobId)).filter((said) => typeof said === 'number');
    expect(sealed.length).toBeGreaterThanOrEqual(5);
    expect(await reads(second.blobId)).toBe(true);
    expect(await reads(first.blobId), 'its own pages are gone where it was sealed').toBe(false);
    const taken = (await deletion(us, second.blobId)).filter((said) => typeof said === 'number');
    expect(taken.every((count) => Number(count) > 0)).toBe(true);
    for (let at = 0; at < 6; at++) {
      await stores.take(at);
      await stores.bring(at);
    }
    expect(await reads(second.blobId)).toBe(false);
    const again = await deletion(us, second.blobId);
    expect(again.filter((said) => typeof said === 'number')).toEqual([]);
    expect(hex(second.blobId)).not.toBe(hex(first.blobId));
  }, 60_000);
});
