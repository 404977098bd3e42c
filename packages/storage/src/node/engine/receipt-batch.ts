/** One signature for everything that became durable in the same moment. */
import { type Committee, committeeRoot } from '../../committee.ts';
import { type Durability, type ShardReceipt, type ShardRef, signBatch } from '../../receipt.ts';
import type { Signer } from '@assay/core';

export interface BatchOptions {
  readonly signer: Signer;
  readonly committee: () => Committee;
  readonly durability: Durability;
  readonly bootId: () => Uint8Array;
  /** The epoch a new lease ends in. */
  readonly leaseEnd: () => number;
}

interface Unsigned {
  readonly shard: ShardRef;
  readonly seq: number;
  readonly resolve: (receipt: ShardReceipt) => void;
  readonly reject: (error: unknown) => void;
}

export class ReceiptBatch {
  readonly #options: BatchOptions;
  #unsigned: Unsigned[] = [];

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** Signs for a shard that is durable. What one fdatasync covered resolves in the same turn, and shares a signature. */
  sign(shard: ShardRef, seq: number): Promise<ShardReceipt> {
    return new Promise((resolve, reject) => {
      this.#unsigned.push({ shard, seq, resolve, reject });
      if (this.#unsigned.length === 1) queueMicrotask(() => queueMicrotask(() => this.#signAll()));
    });
  }

  #signAll(): void {
    const { signer, durability, bootId, leaseEnd } = this.#options;
    const batch = this.#unsigned;
    this.#unsigned = [];
    try {
      const committee = this.#options.committee();
      const facts = {
        networkId: committee.networkId,
        epoch: committee.epoch,
        committeeRoot: committeeRoot(committee),
        nodeId: signer.publicKey,
        bootId: bootId(),
        logSeq: Math.max(...batch.map(({ seq }) => seq)),
        durability,
        leaseEnd: leaseEnd(),
      };
      const shards = batch.map(({ shard }) => shard);
      signBatch(shards, facts, signer).forEach((receipt, i) => batch[i]?.resolve(receipt));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
