/** What every storage node promises, whatever keeps its bytes: one suite, run by local disks, HTTP and S3. */
import { ed25519Verify, randomBytes, sha256, type Signer } from '@assay/core';
import { describe, expect, it } from 'vitest';
import {
  blobCertificateBytes,
  challengeSeed,
  type Committee,
  covers,
  drawChallenge,
  type Durability,
  encodeManifest,
  encodePack,
  encodePage,
  failedShards,
  isAnswerOf,
  manifestOf,
  memorySource,
  packCertificateId,
  planUpload,
  pureKernel,
  rendezvous,
  signBatch,
  type StorageNode,
  totalBytes,
  verifyHello,
  verifyLeaves,
  verifyShardReceipt,
  committeeRoot,
} from '../src/index.ts';
import { noise } from './model-files.ts';

/** A node under test, on storage of its own that survives `restart`. */
export interface NodeUnderTest {
  readonly node: StorageNode;
  /** The same node again after its process ended without warning. */
  restart(): Promise<StorageNode>;
  /** The same key over empty storage. */
  wiped(): Promise<StorageNode>;
  /** Changes one byte of the body of a shard where it is kept. */
  rot(packId: Uint8Array, index: number): Promise<void>;
}

export interface ContractOptions {
  readonly committee: Committee;
  /** Of all members; the first is the node's. */
  readonly signers: readonly Signer[];
  readonly durability: Durability;
  readonly make: () => Promise<NodeUnderTest>;
}

const session = 'contract';

async function pack(seed: number, { profile }: Committee) {
  const files = [{ path: 'f', source: memorySource(noise(300_000, seed)) }];
  const plan = await planUpload(files, { packBytes: 1 << 20 });
  const [planned] = plan.packs;
  if (planned === undefined) throw new Error('there is no pack');
  return { plan, ...(await encodePack(planned, files, { kernel: pureKernel(), profile })) };
}

/** What a blob of one pack is sealed by: every member signed for its shard. */
function sealOf(
  encoded: Awaited<ReturnType<typeof pack>>,
  { committee, signers }: Pick<ContractOptions, 'committee' | 'signers'>,
) {
  const manifest = manifestOf(encoded.plan, [encoded.header]);
  const { blobId, pages } = encodeManifest(manifest);
  const leaseEnd = committee.epoch + 20;
  const receipts = rendezvous(committee, encoded.id).flatMap((id, index) => {
    const signer = signers.find(({ publicKey }) => Buffer.compare(publicKey, id) === 0) as Signer;
    const root = encoded.header.roots[index] as Uint8Array;
    const shard = { packId: encoded.id, index, root, length: encoded.header.shardLen };
    const facts = {
      networkId: committee.networkId,
      epoch: committee.epoch,
      committeeRoot: committeeRoot(committee),
      nodeId: id,
      bootId: new Uint8Array(16),
      logSeq: 1,
      durability: 1,
      leaseEnd,
    } as const;
    return index < committee.profile.n ? signBatch([shard], facts, signer) : [];
  });
  const certificates = [{ packId: encoded.id, receipts }];
  const packCertificates = certificates.map(packCertificateId);
  return {
    pages,
    certificates,
    facts: { blobId, totalBytes: totalBytes(manifest), packCertificates, leaseEnd },
  };
}

/** Runs the suite. */
export function nodeContract(name: string, { committee, signers, durability, make }: ContractOptions): void {
  const me = signers[0] as Signer;
  const indexIn = (id: Uint8Array): number =>
    rendezvous(committee, id).findIndex((node) => Buffer.compare(node, me.publicKey) === 0);
  const putOf = (encoded: Awaited<ReturnType<typeof pack>>, index = indexIn(encoded.id)) => ({
    header: encoded.headerBytes,
    index,
    body: encoded.shards[index] as Uint8Array,
    session,
  });

  const givePages = async (node: StorageNode, pages: ReadonlyMap<string, Uint8Array>): Promise<void> => {
    for (const page of pages.values()) {
      const sent = encodePage(page, committee.members.length);
      const index = indexIn(sent.id);
      const body = sent.shards[index] as Uint8Array;
      await node.putShard({ header: sent.headerBytes, index, body, session });
      expect(Buffer.compare(await node.getPage(sha256(page)), page)).toBe(0);
    }
  };

  describe(`storage node contract: ${name}`, () => {
    it('a shard is signed for with the durability that holds, and read back whole and by leaves', async () => {
      const { node } = await make();
      const encoded = await pack(1, committee);
      const put = putOf(encoded);
      const receipt = verifyShardReceipt(await node.putShard(put), committee);
      expect(receipt.durability).toBe(durability);
      expect(receipt.shard).toMatchObject({ packId: encoded.id, index: put.index });
      for (const range of [
        { from: 0, to: 2 },
        { from: 1, to: 2 },
      ]) {
        const { bytes, proof } = await node.getLeaves(encoded.id, { index: put.index, range });
        const root = encoded.header.roots[put.index] as Uint8Array;
        expect(verifyLeaves(bytes, { root, shardBytes: put.body.length, range, proof })).toBe(true);
      }
      const outside = { index: put.index, range: { from: 0, to: 9 } };
      await expect(node.getLeaves(encoded.id, outside)).rejects.toMatchObject({ code: 'bad-request' });
    });

    it('a repeated put is answered by a receipt and not by a second copy; other bytes are refused', async () => {
      const { node } = await make();
      const put = putOf(await pack(2, committee));
      const first = verifyShardReceipt(await node.putShard(put), committee);
      const again = verifyShardReceipt(await node.putShard(put), committee);
      expect(again.shard).toEqual(first.shard);
      const bent = Uint8Array.from(put.body, (byte, i) => (i === 70_000 ? byte ^ 1 : byte));
      await expect(node.putShard({ ...put, body: bent })).rejects.toMatchObject({ code: 'bad-shard' });
    });

    it('an upload goes on in the epoch before the node’s; one of long before is told so, and one of the next waits for the seal alone', async () => {
      const { node } = await make();
      const { epoch } = committee;
      const [before, later] = [
        { ...committee, epoch: epoch - 1 },
        { ...committee, epoch: epoch + 1 },
      ];
      const encoded = await pack(6, committee);
      const put = putOf(encoded);
      const [old, current] = await Promise.all([
        node.putShard({ ...put, epoch: epoch - 1 }),
        node.putShard({ ...put, epoch }),
      ]);
      expect(verifyShardReceipt(old, before).epoch).toBe(epoch - 1);
      expect(verifyShardReceipt(current, committee).epoch).toBe(epoch);
      const again = { index: put.index, session, epoch: epoch - 1 };
      const renewed = verifyShardReceipt(await node.renewShard(sha256(put.header), again), before);
      expect(renewed.leaseEnd - renewed.epoch, 'the lease is as long as any').toBe(
        verifyShardReceipt(current, committee).leaseEnd - epoch,
      );
      expect(covers(await node.hello(randomBytes(32)), renewed)).toBe(true);
      await expect(async () => node.putShard({ ...put, epoch: epoch - 2 })).rejects.toMatchObject({
        code: 'bad-request',
      });
      // A node that lags signs for its own epoch, which whoever is ahead takes.
      verifyShardReceipt(await node.putShard({ ...put, epoch: epoch + 1 }), later);
      const { pages, ...seal } = sealOf(encoded, { committee: before, signers });
      await givePages(node, pages);
      for (const at of [before, committee]) {
        const signature = await node.seal({ ...seal, epoch: at.epoch });
        expect(ed25519Verify(me.publicKey, blobCertificateBytes(seal.facts, at), signature)).toBe(true);
      }
      await expect(node.seal({ ...seal, epoch: epoch + 1 })).rejects.toMatchObject({ code: 'stopped' });
    });

    it('what it does not hold it does not show, and does not sign for again', async () => {
      const { node } = await make();
      const id = sha256(randomBytes(8));
      await expect(node.getLeaves(id, { index: 0, range: { from: 0, to: 1 } })).rejects.toMatchObject({
        code: 'not-found',
      });
      await expect(node.renewShard(id, { index: 0, session })).rejects.toMatchObject({ code: 'not-found' });
      await expect(node.getPage(id)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('after its process ended without warning it covers and shows all that it had signed for', async () => {
      const made = await make();
      const encoded = await pack(3, committee);
      const put = putOf(encoded);
      const receipt = verifyShardReceipt(await made.node.putShard(put), committee);
      const node = await made.restart();
      const nonce = randomBytes(32);
      const hello = await node.hello(nonce);
      expect(verifyHello(hello, nonce)).toBe(true);
      expect(covers(hello, receipt)).toBe(true);
      const leaves = await node.getLeaves(encoded.id, { index: put.index, range: { from: 0, to: 2 } });
      expect(Buffer.compare(leaves.bytes, put.body)).toBe(0);
      const renewed = verifyShardReceipt(
        await node.renewShard(encoded.id, { index: put.index, session }),
        committee,
      );
      expect(renewed.bootId).not.toEqual(receipt.bootId);
      expect(covers(await node.hello(nonce), renewed)).toBe(true);
    });

    it('over emptied storage its greeting covers no receipt of before', async () => {
      const made = await make();
      const receipt = verifyShardReceipt(
        await made.node.putShard(putOf(await pack(4, committee))),
        committee,
      );
      const node = await made.wiped();
      expect(covers(await node.hello(randomBytes(32)), receipt)).toBe(false);
    });

    it('a challenge is answered with the leaves; a rotten byte is never shown as sound, nor signed for again', async () => {
      const made = await make();
      const encoded = await pack(5, committee);
      const put = putOf(encoded);
      const { shard } = await made.node.putShard(put);
      const challenge = drawChallenge(
        {
          networkId: committee.networkId,
          nodeId: me.publicKey,
          seed: challengeSeed(randomBytes(32), me.publicKey),
        },
        [shard],
        8,
      );
      const good = await made.node.challenge(challenge);
      expect(isAnswerOf(challenge, good)).toBe(true);
      expect(failedShards(challenge, good)).toEqual([]);
      await made.rot(encoded.id, put.index);
      const bad = await made.node.challenge(challenge);
      expect(isAnswerOf(challenge, bad)).toBe(true);
      expect(failedShards(challenge, bad)).toEqual([shard]);
      await expect(made.node.renewShard(encoded.id, { index: put.index, session })).rejects.toMatchObject({
        code: 'not-found',
      });
      // Sent again, it is taken anew.
      await made.node.putShard(put);
      expect(failedShards(challenge, await made.node.challenge(challenge))).toEqual([]);
    });

    it('it signs for a blob whose manifest and certificates it has seen, and for no other', async () => {
      const { node } = await make();
      const encoded = await pack(6, committee);
      const { pages, facts, certificates } = sealOf(encoded, { committee, signers });
      await expect(node.seal({ facts, certificates })).rejects.toMatchObject({ code: 'not-found' });
      await givePages(node, pages);
      const signature = await node.seal({ facts, certificates });
      expect(ed25519Verify(me.publicKey, blobCertificateBytes(facts, committee), signature)).toBe(true);
      const more = { ...facts, totalBytes: facts.totalBytes + 1 };
      await expect(node.seal({ facts: more, certificates })).rejects.toMatchObject({ code: 'bad-request' });
    });
  });
}
