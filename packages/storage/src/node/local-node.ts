/** A node inside this process: the embedded default, six directories instead of six machines. */
import type { Challenge, ChallengeAnswer } from '../challenge.ts';
import type { PutShard, SealRequest, ShardLeaves, StorageNode } from '../client/ports.ts';
import type { LeafRange } from '../merkle.ts';
import type { Hello } from '../node-facts.ts';
import type { ShardReceipt } from '../receipt.ts';
import { CopyBuffers } from './copy-buffers.ts';
import type { NodeEngine } from './engine/node-engine.ts';

export class LocalNode implements StorageNode {
  readonly id: Uint8Array;
  readonly #engine: NodeEngine;
  readonly #buffers = new CopyBuffers();

  constructor(engine: NodeEngine) {
    this.#engine = engine;
    this.id = engine.id;
  }

  async putShard(put: PutShard): Promise<ShardReceipt> {
    // A client that gives up reuses its memory, and the engine may still be writing: it gets bytes of its own.
    const body = this.#buffers.copy(put.body);
    try {
      return await this.#engine.putShard({ ...put, body });
    } finally {
      this.#buffers.giveBack(body);
    }
  }

  renewShard(packId: Uint8Array, at: { index: number; session: string }): Promise<ShardReceipt> {
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
