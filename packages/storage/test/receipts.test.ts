import { ed25519Signer, sha256, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorise, decodeProof, encodeProof, issueCapability, proveRequest } from '../src/capability.ts';
import {
  decodeBlobCertificate,
  decodePackCertificate,
  encodeBlobCertificate,
  encodePackCertificate,
  signBlob,
  verifyBlobCertificate,
  verifyPackCertificate,
} from '../src/certificate.ts';
import { drawChallenge, failedShards, isAnswerOf, signAnswer } from '../src/challenge.ts';
import { checkCommittee, PROFILES } from '../src/committee.ts';
import { packId } from '../src/format/pack.ts';
import { hashLeaves, LEAF_BYTES, leafCount, proveRange, treeRoot } from '../src/merkle.ts';
import { decodeShardReceipt, encodeShardReceipt, verifyShardReceipt } from '../src/receipt.ts';
import { cast, packHeader, receiptFor } from './fixtures.ts';
import { noise } from './model-files.ts';

const players = cast(7);
const { committee, signers } = players;
const header = packHeader(1);
const certificate = (
  indices: readonly number[],
): { packId: Uint8Array; receipts: ReturnType<typeof receiptFor>[] } => ({
  packId: packId(header),
  receipts: indices.map((index) => receiptFor(players, header, index)),
});

describe('committee', () => {
  it('every profile of the design is safe and live; one step beyond is refused', () => {
    for (const profile of Object.values(PROFILES)) {
      const of = (p: typeof profile): unknown => checkCommittee(cast(profile.n, p).committee);
      expect(of(profile)).toBeDefined();
      expect(() => of({ ...profile, q: profile.k + profile.f - 1 } as never)).toThrow(/shape/);
      expect(() => of({ ...profile, q: profile.n - profile.f + 1 } as never)).toThrow(/shape/);
    }
  });
});

describe('shard receipts', () => {
  it('one signature covers a batch, and each shard proves its place in it', () => {
    const receipt = receiptFor(players, header, 2);
    const back = decodeShardReceipt(encodeShardReceipt(receipt));
    expect(verifyShardReceipt(back, committee).logSeq).toBe(3);
  });

  it('no flipped bit of the wire form verifies', () => {
    const wire = encodeShardReceipt(receiptFor(players, header, 0));
    fc.assert(
      fc.property(fc.nat(wire.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const bent = Uint8Array.from(wire);
        bent[at] = (bent[at] as number) ^ (1 << bit);
        expect(() => verifyShardReceipt(decodeShardReceipt(bent), committee)).toThrow();
      }),
      { numRuns: 400 },
    );
  });

  it('a receipt of a later epoch, an ended lease, another network or committee does not count', () => {
    expect(() => verifyShardReceipt(receiptFor(players, header, 0, { epoch: 8 }), committee)).toThrow(
      /committee/,
    );
    // One of an earlier epoch stands until its lease ends: here with epoch 19.
    const early = receiptFor(players, header, 0, { epoch: 6 });
    expect(verifyShardReceipt(early, { ...committee, epoch: 19 }).leaseEnd).toBe(20);
    expect(() => verifyShardReceipt(early, { ...committee, epoch: 20 })).toThrow(/committee.*epoch 20/);
    const smaller = { ...committee, members: committee.members.slice(1) };
    expect(() => verifyShardReceipt(receiptFor(players, header, 0), smaller)).toThrow(/committee/);
  });
});

describe('pack certificate', () => {
  it('q distinct nodes with distinct shards certify; the bytes do not depend on the order of receipts', () => {
    const bytes = encodePackCertificate(certificate([4, 0, 2, 1, 3]));
    expect(verifyPackCertificate(decodePackCertificate(bytes), header, committee)).toHaveLength(5);
    expect(bytes).toEqual(encodePackCertificate(certificate([0, 1, 2, 3, 4])));
  });

  it('q − 1 nodes, one node twice, or one shard twice do not', () => {
    for (const indices of [
      [0, 1, 2, 3],
      [0, 1, 2, 3, 3],
    ]) {
      expect(() => verifyPackCertificate(certificate(indices), header, committee)).toThrow(/quorum/);
    }
    const spareTwice = [...certificate([0, 1, 2, 3]).receipts, receiptFor(players, header, 3, { holder: 6 })];
    expect(() =>
      verifyPackCertificate({ packId: packId(header), receipts: spareTwice }, header, committee),
    ).toThrow(/quorum/);
  });

  it('a spare may stand in for any shard, an assigned node only for its own', () => {
    const four = certificate([0, 1, 2, 3]).receipts;
    const by = (holder: number) => ({
      packId: packId(header),
      receipts: [...four, receiptFor(players, header, 5, { holder })],
    });
    expect(verifyPackCertificate(by(6), header, committee)).toHaveLength(5);
    expect(() => verifyPackCertificate(by(4), header, committee)).toThrow(/assignment/);
  });

  it('receipts for another pack do not certify this one', () => {
    const other = { packId: packId(packHeader(2)), receipts: certificate([0, 1, 2, 3, 4]).receipts };
    expect(() => verifyPackCertificate(other, header, committee)).toThrow(/assignment/);
    expect(() => verifyPackCertificate(other, packHeader(2), committee)).toThrow(/assignment/);
  });
});

describe('blob certificate', () => {
  const facts = {
    blobId: sha256(utf8('blob')),
    totalBytes: 12_345,
    packCertificates: [sha256(utf8('p'))],
    leaseEnd: 20,
  };
  const signed = (count: number) => ({
    ...facts,
    signatures: signers
      .slice(0, count)
      .map((s) => ({ node: s.publicKey, signature: signBlob(facts, committee, s) })),
  });

  it('q members seal; fewer, strangers, repeats or other facts do not', () => {
    const good = signed(5);
    expect(verifyBlobCertificate(decodeBlobCertificate(encodeBlobCertificate(good)), committee)).toEqual(
      good,
    );
    const stranger = ed25519Signer(sha256(utf8('stranger')));
    const extra = { node: stranger.publicKey, signature: signBlob(facts, committee, stranger) };
    const four = signed(4);
    for (const bad of [
      four,
      { ...four, signatures: [...four.signatures, extra] },
      { ...four, signatures: [...four.signatures, ...four.signatures] },
      { ...good, totalBytes: 12_346 },
      { ...good, packCertificates: [] },
    ]) {
      expect(() => verifyBlobCertificate(bad, committee)).toThrow(/quorum/);
    }
  });
});

describe('challenges', () => {
  const shards = [LEAF_BYTES * 3 + 64, 64, LEAF_BYTES].map((size, i) => noise(size, i));
  const held = shards.map((bytes, i) => {
    return {
      packId: sha256(Uint8Array.of(i)),
      index: i,
      root: treeRoot(hashLeaves(bytes)),
      length: bytes.length,
    };
  });
  const node = signers[0] as (typeof signers)[number];
  const target = { networkId: committee.networkId, nodeId: node.publicKey, seed: sha256(utf8('seed')) };
  const challenge = drawChallenge(target, held, 200);
  const show = (bytesOf: (i: number) => Uint8Array) =>
    challenge.leaves.map(({ shard, leaf }) => {
      const bytes = bytesOf(shard.index);
      const proof = proveRange(hashLeaves(bytes), { from: leaf, to: leaf + 1 });
      return { bytes: bytes.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES), proof };
    });

  it('draws are uniform over leaves, not over shards', () => {
    const share = challenge.leaves.filter(({ shard }) => shard.index === 0).length / 200;
    const expected =
      leafCount(held[0]?.length ?? 0) / held.reduce((sum, { length }) => sum + leafCount(length), 0);
    expect(Math.abs(share - expected)).toBeLessThan(0.12);
  });

  it('an honest answer shows everything; a flipped byte, a wrong shard and silence on a leaf are named', () => {
    const honest = signAnswer(
      challenge,
      show((i) => shards[i] as Uint8Array),
      { signer: node, bootId: new Uint8Array(16), nextSeq: 7 },
    );
    expect(isAnswerOf(challenge, honest)).toBe(true);
    expect(failedShards(challenge, honest)).toEqual([]);
    const rotten = signAnswer(
      challenge,
      show((i) => (i === 1 ? noise(64, 9) : (shards[i] as Uint8Array))),
      { signer: node, bootId: new Uint8Array(16), nextSeq: 7 },
    );
    expect(failedShards(challenge, rotten)).toEqual([held[1]]);
    const silent = signAnswer(
      challenge,
      challenge.leaves.map(() => null),
      { signer: node, bootId: new Uint8Array(16), nextSeq: 7 },
    );
    expect(failedShards(challenge, silent)).toHaveLength(3);
  });

  it('an answer to another seed, or signed by another, is no evidence', () => {
    const answer = signAnswer(
      challenge,
      challenge.leaves.map(() => null),
      { signer: node, bootId: new Uint8Array(16), nextSeq: 7 },
    );
    expect(isAnswerOf({ ...challenge, seed: sha256(utf8('later')) }, answer)).toBe(false);
    expect(isAnswerOf({ ...challenge, nodeId: signers[1]?.publicKey as Uint8Array }, answer)).toBe(false);
  });
});

describe('PROTOCOL 8.3: capabilities', () => {
  const tenant = ed25519Signer(sha256(utf8('tenant')));
  const holder = ed25519Signer(sha256(utf8('holder')));
  const node = committee.members[0] as Uint8Array;
  const fields = {
    holder: holder.publicKey,
    operations: ['put', 'get'],
    nodes: [node],
    maxBytes: 1e9,
    expires: 2_000,
    nonce: new Uint8Array(16),
  } as const;
  const facts = { node, operation: 'put', subject: sha256(utf8('shard')), time: 1_000 } as const;
  const at = { now: 1_010, tenants: [tenant.publicKey] };
  const token = issueCapability(fields, tenant);
  const proof = proveRequest(token, facts, holder);

  it('a request proven by the holder is allowed, and survives its header form', () => {
    expect(authorise(decodeProof(encodeProof(proof)), facts, at).maxBytes).toBe(1e9);
  });

  it('theft, another node, another subject, another operation, expiry and a foreign tenant are refused', () => {
    const thief = ed25519Signer(sha256(utf8('thief')));
    const cases: [RegExp, () => unknown][] = [
      [/holder did not sign/, () => authorise(proveRequest(token, facts, thief), facts, at)],
      [/holder did not sign/, () => authorise(proof, { ...facts, subject: sha256(utf8('x')) }, at)],
      [/other nodes/, () => authorise(proof, { ...facts, node: committee.members[1] as Uint8Array }, at)],
      [
        /does not allow "delete"/,
        () =>
          authorise(
            proveRequest(token, { ...facts, operation: 'delete' }, holder),
            { ...facts, operation: 'delete' },
            at,
          ),
      ],
      [/expired/, () => authorise(proof, facts, { ...at, now: 2_000 })],
      [/off this clock/, () => authorise(proof, facts, { ...at, now: 1_400 })],
      [/not served/, () => authorise(proof, facts, { ...at, tenants: [holder.publicKey] })],
      [
        /tenant did not sign/,
        () => authorise({ ...proof, capability: { ...token, signature: new Uint8Array(64) } }, facts, at),
      ],
    ];
    for (const [what, attempt] of cases) expect(attempt).toThrow(what);
  });
});
