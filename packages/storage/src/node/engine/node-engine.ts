/** The port of a storage node without its network: what the HTTP server and the embedded node ask of it. */
import type { Challenge, ChallengeAnswer } from '../../challenge.ts';
import type { PutShard, RenewAt, SealRequest, ShardLeaves } from '../../client/ports.ts';
import type { Deleted } from './delete-blob.ts';
import type { LeafRange } from '../../merkle.ts';
import type { Hello, Tombstone } from '../../node-facts.ts';
import type { Durability, ShardReceipt } from '../../receipt.ts';

/** Every method throws NodeError. Held to one contract suite, `packages/storage/test/node-contract.ts`. */
export interface NodeEngine {
  /** Raw key of this node. */
  readonly id: Uint8Array;
  /** What its receipts claim: 1 = its own fdatasync returned, 2 = a provider attested the bytes. */
  readonly durability: Durability;
  /** Body bytes held and allowed. */
  readonly usage: { readonly bytes: number; readonly quotaBytes: number; readonly shards: number };
  /**
   * Idempotent by (pack, index). Signs for the epoch that is asked for, as `signingCommittee` says. A put that is given up before its bytes are on their way to the disk is dropped; what it
   * reads later than that it retains, if the put says how, and otherwise until this settles.
   * @throws NodeError `bad-shard` | `disk-full` | `stopped` | `unreachable`
   */
  putShard(put: PutShard, signal?: AbortSignal): Promise<ShardReceipt>;
  /** Signs again for a shard it holds, after reading it. @throws NodeError `not-found` */
  renewShard(packId: Uint8Array, at: RenewAt): Promise<ShardReceipt>;
  /** Leaves of a shard and the proof to its root. @throws NodeError `not-found` | `corrupt` | `bad-request` */
  getLeaves(packId: Uint8Array, at: { index: number; range: LeafRange }): Promise<ShardLeaves>;
  /** Bytes of a manifest page. @throws NodeError `not-found` | `corrupt` */
  getPage(digest: Uint8Array): Promise<Uint8Array>;
  /** What it still covers, signed for the asker's nonce. */
  hello(nonce: Uint8Array): Hello;
  /** Shows the challenged leaves; what it cannot show it answers with null, and signs that too. */
  challenge(challenge: Challenge): Promise<ChallengeAnswer>;
  /** Signs for a blob after verifying every pack certificate. @throws NodeError `not-found` | `bad-request`; ReceiptError */
  seal(request: SealRequest, tenant?: Uint8Array): Promise<Uint8Array>;
  /**
   * Deletes what a tenant had sealed, but for what other blobs or running uploads need.
   * @throws NodeError `not-found` | `bad-request` where an engine deletes by leases alone
   */
  deleteBlob(blobId: Uint8Array, tenant: Uint8Array): Promise<Deleted>;
  /** Reads every shard again; says of which it had to let go. */
  scrub(): Promise<Tombstone[]>;
  /** Deletes what nothing protects any more. Returns the shards deleted. */
  collect(): Promise<number>;
}
