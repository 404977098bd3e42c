/** What the client is given: nodes, time, chance and a journal. Real ones do I/O; the simulator's are deterministic. */
import type { BlobFacts, PackCertificate } from '../certificate.ts';
import type { Challenge, ChallengeAnswer } from '../challenge.ts';
import type { LeafRange } from '../merkle.ts';
import type { Hello } from '../node-facts.ts';
import type { ShardReceipt } from '../receipt.ts';

/** Milliseconds. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted; it never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Uniform in [0, 1). */
export type Random = () => number;

/** A shard on its way to a node. */
export interface PutShard {
  /** Exact pack header bytes. */
  readonly header: Uint8Array;
  readonly index: number;
  readonly body: Uint8Array;
  /** The upload session, which protects what it refers to from collection. */
  readonly session: string;
  /** The epoch that the client knows, for which the node is to sign; without it the node's own. */
  readonly epoch?: number;
  /**
   * Keeps `body` as it is until what this gives is called. Without it the body may change as soon as the call is given
   * up, and whoever reads it later than that needs a copy.
   */
  readonly retain?: () => () => void;
}

/** Leaves of a shard with the proof that leads to its root; a whole shard has an empty proof. */
export interface ShardLeaves {
  readonly bytes: Uint8Array;
  readonly proof: readonly Uint8Array[];
  /** Gives the memory of `bytes` back: for whoever reads them no more. Uncalled, they are collected like any others. */
  readonly free?: () => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Called whenever bytes moved, in either direction: what tells a slow node from a stalled one. */
  readonly onBytes?: () => void;
}

/** Which shard of a pack is to be signed for again. */
export interface RenewAt {
  readonly index: number;
  readonly session: string;
  /** As in a put. */
  readonly epoch?: number;
}

/** A request to seal a blob. */
export interface SealRequest {
  readonly facts: BlobFacts;
  /** In manifest order. */
  readonly certificates: readonly PackCertificate[];
  /** The upload that ends with it; what it referred to is under its leases alone from then on. */
  readonly session?: string;
  /** The epoch for which all nodes are to sign. */
  readonly epoch?: number;
  /** False when the tenant that asks is not to hold the blob: it renews leases for others. */
  readonly hold?: boolean;
}

/** A storage node as the client sees it. Every method throws NodeError; `unreachable` says nothing about what it holds. */
export interface StorageNode {
  /** Raw Ed25519 key. */
  readonly id: Uint8Array;
  /** Idempotent by (pack, index). Resolves after an fdatasync. */
  putShard(put: PutShard, options?: CallOptions): Promise<ShardReceipt>;
  /** Signs again for a shard it already holds, after reading it. @throws NodeError `not-found` */
  renewShard(packId: Uint8Array, at: RenewAt, options?: CallOptions): Promise<ShardReceipt>;
  /** @throws NodeError `not-found` | `corrupt` */
  getLeaves(
    packId: Uint8Array,
    at: { index: number; range: LeafRange },
    options?: CallOptions,
  ): Promise<ShardLeaves>;
  /** Bytes of a manifest page by digest. */
  getPage(digest: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  hello(nonce: Uint8Array, options?: CallOptions): Promise<Hello>;
  challenge(challenge: Challenge, options?: CallOptions): Promise<ChallengeAnswer>;
  /** The node's signature over the blob's facts, after it has verified every certificate. */
  seal(request: SealRequest, options?: CallOptions): Promise<Uint8Array>;
}

/** Where an upload remembers, so that a killed client goes on where it was. */
export interface Journal {
  /** Whole entries of an earlier run, in order; a torn last one is not among them. */
  readonly entries: readonly Uint8Array[];
  append(entry: Uint8Array): void;
  /** When this returns, every entry appended before survives a power cut. */
  sync(): Promise<void>;
}
