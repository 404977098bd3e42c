/**
 * The progress of an upload: a pure fold from verified receipts and revocations to what may be shown.
 *
 * The bar counts a pack only while at least q distinct nodes hold distinct shards of it under live receipts. It falls
 * only by a revocation, which carries evidence; nothing that is slow, closed or silent reaches this file at all.
 */
import { hex } from '@assay/core';
import type { VerifiedBlobCertificate } from './certificate.ts';
import type { Profile } from './committee.ts';
import type { VerifiedReceipt } from './receipt.ts';
import type { Evidence, Revocation } from './regression.ts';

/** A pack as progress sees it. */
export interface TrackedPack {
  /** Hexadecimal pack id; a planned pack gets it when it is encoded. */
  readonly bytes: number;
  /** Whether it belongs to the parent version: it counts as reused once its quorum is verified again. */
  readonly reused: boolean;
}

/** What a person or a program may be shown. All amounts are distinct payload bytes. */
export interface ProgressView {
  readonly total: number;
  /** In new packs with q live receipts. */
  readonly certified: number;
  /** In reused packs with q live receipts. */
  readonly reused: number;
  /** In packs with at least k live receipts, certified ones included. */
  readonly recoverable: number;
  /** The ghost: payload bytes on their way in packs that are not certified. Never part of the bar. */
  readonly inFlight: number;
  /** The fewest live shards of any certified pack, of n; n when there is none. */
  readonly health: number;
  readonly packs: { readonly total: number; readonly certified: number };
  /** True only with a verified blob certificate: the only time a surface may say 100 %. */
  readonly sealed: boolean;
}

/** Something that happened to the bar. */
export type ProgressEvent =
  | { readonly type: 'certified'; readonly pack: number; readonly bytes: number }
  | {
      readonly type: 'regression';
      readonly pack: number;
      readonly bytes: number;
      readonly node: string;
      readonly evidence: Evidence;
    }
  | {
      readonly type: 'health';
      readonly pack: number;
      readonly live: number;
      readonly node: string;
      readonly evidence: Evidence;
    }
  | { readonly type: 'sealed' };

interface PackState extends TrackedPack {
  /** By shard index, at most one live receipt each. */
  readonly live: Map<number, VerifiedReceipt>;
  readonly inFlight: Set<number>;
}

export class Progress {
  readonly #profile: Profile;
  readonly #packs: PackState[];
  #sealed = false;

  constructor(packs: readonly TrackedPack[], profile: Profile) {
    this.#profile = profile;
    this.#packs = packs.map((pack) => ({ ...pack, live: new Map(), inFlight: new Set() }));
  }

  /** A shard's first byte went out, or its sending ended without a receipt. */
  inFlight(pack: number, index: number, sending: boolean): void {
    const { inFlight } = this.#pack(pack);
    if (sending) inFlight.add(index);
    else inFlight.delete(index);
  }

  /** Counts a receipt. A second one for the same shard, or from the same node, adds nothing. */
  receipt(pack: number, receipt: VerifiedReceipt): ProgressEvent[] {
    const state = this.#pack(pack);
    const { index } = receipt.shard;
    state.inFlight.delete(index);
    const node = hex(receipt.nodeId);
    const known = [...state.live.values()].some(({ nodeId }) => hex(nodeId) === node);
    if (known || state.live.has(index)) return [];
    const before = this.#isCertified(state);
    state.live.set(index, receipt);
    return !before && this.#isCertified(state) ? [{ type: 'certified', pack, bytes: state.bytes }] : [];
  }

  /** Strikes a receipt that evidence voids. After the seal it is health, never progress. */
  revoke(pack: number, { receipt, evidence }: Revocation): ProgressEvent[] {
    const state = this.#pack(pack);
    if (state.live.get(receipt.shard.index) !== receipt) return [];
    const before = this.#isCertified(state);
    state.live.delete(receipt.shard.index);
    const node = hex(receipt.nodeId);
    const fell = before && !this.#isCertified(state) && !this.#sealed;
    if (fell) return [{ type: 'regression', pack, bytes: state.bytes, node, evidence }];
    return [{ type: 'health', pack, live: state.live.size, node, evidence }];
  }

  /** Seals the bar. The certificate is verified by its type. */
  seal(_certificate: VerifiedBlobCertificate): ProgressEvent[] {
    this.#sealed = true;
    return [{ type: 'sealed' }];
  }

  isCertified(pack: number): boolean {
    return this.#isCertified(this.#pack(pack));
  }

  /** Live receipts of a pack, by shard index. */
  receipts(pack: number): VerifiedReceipt[] {
    return [...this.#pack(pack).live.values()].sort((a, b) => a.shard.index - b.shard.index);
  }

  /** Every live receipt of a node with the pack it belongs to. */
  receiptsOf(node: Uint8Array): { pack: number; receipt: VerifiedReceipt }[] {
    const id = hex(node);
    return this.#packs.flatMap(({ live }, pack) =>
      [...live.values()].filter(({ nodeId }) => hex(nodeId) === id).map((receipt) => ({ pack, receipt })),
    );
  }

  view(): ProgressView {
    const sum = (packs: readonly PackState[]): number => packs.reduce((bytes, pack) => bytes + pack.bytes, 0);
    const total = sum(this.#packs);
    const certified = this.#packs.filter((pack) => this.#isCertified(pack));
    const recoverable = this.#packs.filter(({ live }) => live.size >= this.#profile.k);
    const live = certified.map((pack) => pack.live.size);
    return {
      total,
      certified: sum(
        this.#sealed ? this.#packs.filter((p) => !p.reused) : certified.filter((p) => !p.reused),
      ),
      reused: sum(this.#sealed ? this.#packs.filter((p) => p.reused) : certified.filter((p) => p.reused)),
      recoverable: sum(recoverable),
      inFlight: this.#ghost(),
      health: this.#sealed ? this.#leastLive() : Math.min(this.#profile.n, ...live),
      packs: { total: this.#packs.length, certified: certified.length },
      sealed: this.#sealed,
    };
  }

  #leastLive(): number {
    return Math.min(this.#profile.n, ...this.#packs.map(({ live }) => live.size));
  }

  #ghost(): number {
    const waiting = this.#packs.filter((pack) => !this.#isCertified(pack));
    const { k } = this.#profile;
    return waiting.reduce(
      (sum, { bytes, inFlight }) => sum + Math.min(bytes, Math.ceil((bytes / k) * inFlight.size)),
      0,
    );
  }

  #isCertified({ live }: PackState): boolean {
    return live.size >= this.#profile.q;
  }

  #pack(at: number): PackState {
    const pack = this.#packs[at];
    if (pack === undefined) throw new RangeError(`there is no pack ${at} of ${this.#packs.length}`);
    return pack;
  }
}
