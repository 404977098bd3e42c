/** One signature for everything that became durable in the same moment. */
import { type Committee, committeeRoot } from '../../committee.ts';
import { type Durability, type ShardReceipt, type ShardRef, signBatch } from '../../receipt.ts';
import type { Signer } from '@assay/core';

export interface BatchOptions {
  readonly signer: Signer;
  readonly durability: Durability;
  readonly bootId: () => Uint8Array;
  /** Epochs that a new lease lasts. */
  readonly leaseEpochs: number;
}

interface Unsigned {
  readonly shard: ShardRef;
  readonly seq: number;
  /** In whose epoch it is signed for. */
  readonly committee: Committee;
  readonly resolve: (receipt: ShardReceipt) => void;
  readonly reject: (error: unknown) => void;
}

export class ReceiptBatch {
  readonly #options: BatchOptions;
  #unsigned: Unsigned[] = [];

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /**
   * Signs for a shard that is durable. What one fdatasync covered resolves in the same turn, and shares a signature for each
   * epoch that was asked for.
   */
  sign(shard: ShardRef, { seq, committee }: Pick<Unsigned, 'seq' | 'committee'>): Promise<ShardReceipt> {
    return new Promise((resolve, reject) => {
      this.#unsigned.push({ shard, seq, committee, resolve, reject });
      if (this.#unsigned.length === 1) queueMicrotask(() => queueMicrotask(() => this.#signAll()));
    });
  }

  #signAll(): void {
    const unsigned = this.#unsigned;
    this.#unsigned = [];
    for (const batch of Map.groupBy(unsigned, ({ committee }) => committee.epoch).values())
      this.#signOne(batch);
  }

  #signOne(batch: readonly Unsigned[]): void {
    const { signer, durability, bootId, leaseEpochs } = this.#options;
    const [first] = batch;
    if (first === undefined) return;
    const { networkId, epoch } = first.committee;
    try {
      const facts = {
        networkId,
        epoch,
        committeeRoot: committeeRoot(first.committee),
        nodeId: signer.publicKey,
        bootId: bootId(),
        logSeq: Math.max(...batch.map(({ seq }) => seq)),
        durability,
        leaseEnd: epoch + leaseEpochs,
      };
      const shards = batch.map(({ shard }) => shard);
      signBatch(shards, facts, signer).forEach((receipt, i) => batch[i]?.resolve(receipt));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
