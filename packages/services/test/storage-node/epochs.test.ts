/** Epochs over real node processes: an upload that is running when the epoch moves ends as it began, and nothing of it is deleted. */
import { ed25519Signer, hex, randomBytes, systemClock } from '@assay/core';
import {
  memorySource,
  openBlob,
  upload,
  type UploadEvent,
  verifyBlobCertificate,
  wasmKernel,
} from '@assay/storage';
import { monotonicClock } from '@assay/storage/node';
import { afterEach, describe, expect, it } from 'vitest';
import { connectStorage } from '../../src/storage-client/index.ts';
import { Cluster } from './cluster.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

const MIB = 1_048_576;
const LEASE = 1;

describe('epochs', () => {
  it('an upload over which the epoch moves goes on in its own: no node is taken for a liar, nothing is collected under it', async () => {
    // The shortest leases there are, and nodes that look every second for what they may delete.
    const cluster = await Cluster.start({ upkeep: 1, more: { leaseEpochs: LEASE } });
    open.push(cluster);
    const before = cluster.committee;
    const content = randomBytes(12 * MIB);
    const events: UploadEvent[] = [];
    const moved = Promise.withResolvers<void>();
    let begun = false;
    const { blobId, certificate } = await upload([{ path: 'f', source: memorySource(content) }], {
      committee: before,
      nodes: cluster.nodes,
      kernel: wasmKernel({ bytes: 96 * MIB }),
      clock: monotonicClock,
      random: Math.random,
      randomBytes,
      journal: { entries: [], append: () => undefined, sync: () => Promise.resolve() },
      shardBytes: MIB / 2,
      window: 2,
      onEvent: (event) => {
        events.push(event);
        if (begun || event.type !== 'progress' || event.view.certified === 0) return;
        begun = true;
        cluster.moveTo(2).then(moved.resolve, moved.reject);
      },
    });
    await moved.promise;
    expect(events).not.toContainEqual(expect.objectContaining({ type: 'node', state: 'distrusted' }));
    expect(events).not.toContainEqual(expect.objectContaining({ type: 'node', state: 'refusing' }));
    verifyBlobCertificate(certificate, before);
    expect(certificate.leaseEnd).toBe(1 + LEASE);
    // The grace of two epochs after the lease's end: until then whoever knows the new epoch reads it whole.
    const connection = connectStorage(cluster.description, {
      clock: systemClock,
      entropy: { bytes: randomBytes },
      signer: ed25519Signer(randomBytes(32)),
    });
    open.push(connection);
    expect(cluster.committee.epoch).toBe(2);
    using blob = await openBlob(blobId, connection.options);
    expect(hex(await blob.bytes('f'))).toBe(hex(content));
  }, 120_000);
});
