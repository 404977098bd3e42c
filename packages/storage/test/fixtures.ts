/** A committee with its keys, and receipts its nodes really sign. */
import { ed25519Signer, sha256, type Signer, utf8 } from '@assay/core';
import { type Committee, committeeRoot, PROFILES, type Profile, rendezvous } from '../src/committee.ts';
import { type PackHeader, packId, shardLength } from '../src/format/pack.ts';
import { type ShardReceipt, signBatch, type VerifiedReceipt, verifyShardReceipt } from '../src/receipt.ts';

export interface Cast {
  readonly committee: Committee;
  readonly signers: readonly Signer[];
}

export function cast(count: number, profile: Profile = PROFILES.local): Cast {
  const signers = Array.from({ length: count }, (_, i) => ed25519Signer(sha256(utf8(`node ${i}`))));
  const members = signers.map(({ publicKey }) => publicKey);
  return { committee: { networkId: sha256(utf8('test network')), epoch: 7, profile, members }, signers };
}

export function packHeader(seed: number, { k, n }: Profile = PROFILES.local): PackHeader {
  const roots = Array.from({ length: n }, (_, i) => sha256(Uint8Array.of(seed, i)));
  return { codec: 1, k, n, shardLen: shardLength(1_000, k), packLen: 1_000, roots };
}

export const BOOT = sha256(utf8('boot')).subarray(0, 16);

/** The receipt of the node that is assigned shard `index` of the pack; `at` overrides what the node claims. */
export function receiptFor(
  { committee, signers }: Cast,
  header: PackHeader,
  index: number,
  at: { holder?: number; bootId?: Uint8Array; logSeq?: number; epoch?: number } = {},
): ShardReceipt {
  const id = packId(header);
  const place = rendezvous(committee, id)[at.holder ?? index] as Uint8Array;
  const signer = signers.find(({ publicKey }) => Buffer.compare(publicKey, place) === 0) as Signer;
  const shard = { packId: id, index, root: header.roots[index] as Uint8Array, length: header.shardLen };
  const facts = {
    networkId: committee.networkId,
    epoch: at.epoch ?? committee.epoch,
    committeeRoot: committeeRoot(committee),
    nodeId: signer.publicKey,
    bootId: at.bootId ?? BOOT,
    logSeq: at.logSeq ?? 3,
    durability: 1,
    leaseEnd: 20,
  } as const;
  const filler = { packId: sha256(utf8('other')), index: 0, root: sha256(utf8('root')), length: 64 };
  return signBatch([filler, shard, filler], facts, signer)[1] as ShardReceipt;
}

export function verifiedFor(players: Cast, header: PackHeader, index: number): VerifiedReceipt {
  return verifyShardReceipt(receiptFor(players, header, index), players.committee);
}
