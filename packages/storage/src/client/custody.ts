/** Looks after a stored blob: who holds what, challenges, repair. Health is shown here, apart from upload progress. */
import { hex } from '@assay/core';
import { type PackCertificate, verifyPackCertificate } from '../certificate.ts';
import type { Manifest } from '../format/manifest.ts';
import { type PackHeader, packId } from '../format/pack.ts';
import type { Tombstone } from '../node-facts.ts';
import { Progress, type ProgressEvent } from '../progress.ts';
import { revoke } from '../regression.ts';
import { auditNodes, type AuditReport, repairPacks } from './audit.ts';
import { HedgeBudget, WRITE_HEDGES } from './hedge-budget.ts';
import type { TaskContext } from './pack-task.ts';
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

  /** @throws ReceiptError when a certificate is not good for its pack */
  constructor(manifest: Manifest, certificates: readonly PackCertificate[], options: ReaderOptions) {
    const { committee, clock, random, randomBytes } = options;
    this.#manifest = manifest;
    this.#progress = new Progress(
      manifest.packs.map((pack) => ({ bytes: pack.packLen, reused: true })),
      committee.profile,
    );
    manifest.packs.forEach((header, pack) => {
      const certificate = certificates[pack] ?? { packId: new Uint8Array(32), receipts: [] };
      for (const receipt of verifyPackCertificate(certificate, header, committee))
        this.#progress.receipt(pack, receipt);
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
