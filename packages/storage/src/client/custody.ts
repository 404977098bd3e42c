/** Looks after a stored blob: who holds what, challenges, repair. Health is shown here, apart from upload progress. */
import { hex } from '@assay/core';
import { checkPlace, type PackCertificate } from '../certificate.ts';
import type { Manifest } from '../format/manifest.ts';
import { type PackHeader, packId } from '../format/pack.ts';
import { covers, type Tombstone, verifyHello } from '../node-facts.ts';
import { Progress, type ProgressEvent } from '../progress.ts';
import { decodeReceipt, verifyShardReceipt } from '../receipt.ts';
import { NodeError } from '../errors.ts';
import { receiptNonce } from '../falsehood.ts';
import { revoke } from '../regression.ts';
import { Stalled } from './lane.ts';
import {
  type Accusation,
  auditNodes,
  type AuditReport,
  type NeedyPack,
  needyPacks,
  repairPack,
  repairPacks,
} from './audit.ts';
import { checkAll } from './watch.ts';
import { HedgeBudget, WRITE_HEDGES } from './hedge-budget.ts';
import type { TaskContext } from './pack-task.ts';
import { type Renewal, renewBlob } from './renew.ts';
import { readContext, type ReaderOptions } from './reader.ts';
import type { ReadContext } from './shard-reader.ts';

/** How whole a blob is. */
export interface Health {
  /** Live shards of the pack that has the fewest, of n. */
  readonly least: number;
  readonly of: number;
  /** Packs with fewer live shards than the quorum: to be repaired first. */
  readonly belowQuorum: number;
}

/** Custody of one blob, from its pack certificates. Dispose of it when done. */
export class Custody implements Disposable {
  readonly #manifest: Manifest;
  readonly #progress: Progress;
  readonly #task: TaskContext;
  readonly #read: ReadContext;
  readonly #abort = new AbortController();
  readonly #options: ReaderOptions;

  /**
   * Receipts of nodes that are `absent`, by hexadecimal key, are left out: what they hold is out of reach. What stands may be
   * less than a quorum; health says so.
   * @throws ReceiptError when a receipt is not good for its pack
   */
  constructor(
    manifest: Manifest,
    certificates: readonly PackCertificate[],
    options: ReaderOptions & { readonly absent?: ReadonlySet<string> },
  ) {
    const { committee, clock, random, randomBytes } = options;
    this.#manifest = manifest;
    this.#options = options;
    this.#progress = new Progress(
      manifest.packs.map((pack) => ({ bytes: pack.packLen, reused: true })),
      committee.profile,
    );
    manifest.packs.forEach((header, pack) => {
      for (const signed of certificates[pack]?.receipts ?? []) {
        // What nodes may delete by now is no health, and no fault of whoever kept the receipt.
        if (decodeReceipt(signed.receipt).leaseEnd <= committee.epoch) continue;
        const receipt = verifyShardReceipt(signed, committee);
        checkPlace(receipt, { header, id: packId(header), committee });
        if (options.absent?.has(hex(receipt.nodeId)) !== true) this.#progress.receipt(pack, receipt);
      }
    });
    this.#read = readContext(options, this.#abort.signal);
    this.#task = {
      committee,
      clock,
      random,
      lanes: this.#read.lanes,
      progress: this.#progress,
      session: hex(randomBytes(16)),
      hedges: new HedgeBudget(WRITE_HEDGES),
      onReceipt: (pack, receipt) => void this.#progress.receipt(pack, receipt),
      onFatal: () => this.#abort.abort(),
    };
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }

  health(): Health {
    const { n, q } = this.#task.committee.profile;
    const live = this.#manifest.packs.map((_, pack) => this.#progress.receipts(pack).length);
    return { least: Math.min(n, ...live), of: n, belowQuorum: live.filter((count) => count < q).length };
  }

  /** The epoch in which the first lease of what stands ends; undefined when nothing stands. */
  leaseEnd(): number | undefined {
    const ends = this.certificates().flatMap(({ receipts }) =>
      receipts.map(({ receipt }) => decodeReceipt(receipt).leaseEnd),
    );
    return ends.length === 0 ? undefined : ends.reduce((least, end) => Math.min(least, end));
  }

  /**
   * Has every node sign again for what it holds, and a quorum for the whole: the same blob, under leases that end later. What
   * stands here is not changed; a new custody is made from what is returned.
   * @throws FormatError `manifest` when the blob is another than the manifest's
   */
  renew(blobId: Uint8Array): Promise<Renewal> {
    const held = this.#manifest.packs.map((_, pack) => this.#progress.receipts(pack));
    return renewBlob({
      blobId,
      manifest: this.#manifest,
      held,
      task: this.#task,
      signal: this.#abort.signal,
    });
  }

  /** Certificates of what stands now, in manifest order: after a repair these, not the old ones, are to be kept. */
  certificates(): PackCertificate[] {
    return this.#manifest.packs.map((header, pack) => ({
      packId: packId(header),
      receipts: this.#progress.receipts(pack),
    }));
  }

  /** Challenges every node over everything it signed for. `randomness` must be younger than the receipts. */
  audit(randomness: Uint8Array, count = 44): Promise<AuditReport> {
    return auditNodes(this.#task, { randomness, count, signal: this.#abort.signal });
  }

  /** Asks every node what its log covers; strikes what it does not, and gives what proves it. */
  async greet(): Promise<Accusation[]> {
    const found = new Map<string, Accusation>();
    const { randomBytes } = this.#options;
    const { committee, clock } = this.#task;
    await checkAll(this.#task.lanes.values(), {
      quorum: committee.members.length,
      clock,
      progress: this.#progress,
      nonce: () => randomBytes(32),
      signal: this.#abort.signal,
      onRevoked: ({ receipt }, [event]) => {
        if (event === undefined || !('evidence' in event)) return;
        const before = found.get(event.node);
        const revocation = before?.revocation ?? revoke(receipt, event.evidence);
        found.set(event.node, { node: receipt.nodeId, revocation, shards: (before?.shards ?? 0) + 1 });
      },
    });
    return Promise.all([...found.values()].map((accusation) => this.#confirmed(accusation)));
  }

  /** Has the node tell its history once more, in a way that shows strangers that it is younger than the receipt. */
  async #confirmed(accusation: Accusation): Promise<Accusation> {
    const { receipt } = accusation.revocation;
    const nonce = receiptNonce(receipt);
    try {
      const lane = this.#task.lanes.get(hex(accusation.node));
      const hello = await lane?.call((node, call) => node.hello(nonce, call), this.#abort.signal);
      if (hello === undefined || !verifyHello(hello, nonce) || covers(hello, receipt)) return accusation;
      return { ...accusation, revocation: revoke(receipt, { cause: 'lost-ack', hello }), hello };
    } catch (error) {
      if (error instanceof Stalled || error instanceof NodeError) return accusation;
      throw error;
    }
  }

  /** Packs with fewer live shards than the quorum, those nearest to loss first: what an automatic repair begins with. */
  needy(): NeedyPack[] {
    return needyPacks(this.#manifest.packs.length, this.#task, this.#task.committee.profile.q);
  }

  /** Rebuilds and places what is missing of one pack; says whether it is whole again. @throws TransferError */
  repairOne(pack: number): Promise<boolean> {
    const header = this.#manifest.packs[pack];
    if (header === undefined) throw new RangeError(`the blob has no pack ${pack}`);
    return repairPack(pack, header, { task: this.#task, read: this.#read });
  }

  /** Takes a node's own word that shards are gone. */
  heed(tombstones: readonly Tombstone[]): ProgressEvent[] {
    return tombstones.flatMap((tombstone) => {
      const held = this.#progress.receiptsOf(tombstone.nodeId).find(({ receipt: { shard } }) => {
        return hex(shard.packId) === hex(tombstone.packId) && shard.index === tombstone.index;
      });
      return held === undefined
        ? []
        : this.#progress.revoke(held.pack, revoke(held.receipt, { cause: 'tombstone', tombstone }));
    });
  }

  /** Rebuilds and places what is missing. Returns how many packs are whole again. */
  repair(): Promise<number> {
    return repairPacks(this.#manifest.packs as readonly PackHeader[], { task: this.#task, read: this.#read });
  }
}
