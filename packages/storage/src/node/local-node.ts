/** A node inside this process: the embedded default, six directories instead of six machines. */
import type { Challenge, ChallengeAnswer } from '../challenge.ts';
import type {
  CallOptions,
  PutShard,
  RenewAt,
  SealRequest,
  ShardLeaves,
  StorageNode,
} from '../client/ports.ts';
import type { LeafRange } from '../merkle.ts';
import type { Hello } from '../node-facts.ts';
import type { ShardReceipt } from '../receipt.ts';
import type { NodeEngine } from './engine/node-engine.ts';

export class LocalNode implements StorageNode {
  readonly id: Uint8Array;
  readonly #engine: NodeEngine;

  constructor(engine: NodeEngine) {
    this.#engine = engine;
    this.id = engine.id;
  }

  putShard(put: PutShard, options?: CallOptions): Promise<ShardReceipt> {
    // A client that gives up reuses its memory, and the engine may still be writing.
    const body = put.retain === undefined ? put.body.slice() : put.body;
    return this.#engine.putShard({ ...put, body }, options?.signal);
  }

  renewShard(packId: Uint8Array, at: RenewAt): Promise<ShardReceipt> {
    return this.#engine.renewShard(packId, at);
  }

  getLeaves(packId: Uint8Array, at: { index: number; range: LeafRange }): Promise<ShardLeaves> {
    return this.#engine.getLeaves(packId, at);
  }

  getPage(digest: Uint8Array): Promise<Uint8Array> {
    return this.#engine.getPage(digest);
  }

  async hello(nonce: Uint8Array): Promise<Hello> {
    return this.#engine.hello(nonce);
  }

  challenge(challenge: Challenge): Promise<ChallengeAnswer> {
    return this.#engine.challenge(challenge);
  }

  seal(request: SealRequest): Promise<Uint8Array> {
    return this.#engine.seal(request);
  }
}
