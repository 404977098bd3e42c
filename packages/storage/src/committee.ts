/** Who stores a network's packs in an epoch, with what code and quorum, and which node holds which shard. */
import { compareBytes, concat, equal, sha256, utf8 } from '@assay/core';
import { le } from './bytes.ts';
import { CodecError } from './errors.ts';

/** n shards of which any k rebuild; f nodes may lie or be lost; q receipts certify. */
export interface Profile {
  readonly k: number;
  readonly n: number;
  readonly f: number;
  readonly q: number;
}

/** The profiles of the design; the first is the embedded default. */
export const PROFILES = {
  local: { n: 6, k: 4, f: 1, q: 5 },
  small: { n: 4, k: 2, f: 1, q: 3 },
  wide: { n: 16, k: 10, f: 3, q: 13 },
  bft: { n: 10, k: 4, f: 3, q: 7 },
  bftWide: { n: 31, k: 11, f: 10, q: 21 },
} as const satisfies Record<string, Profile>;

export interface Committee {
  /** 32 bytes that no two networks share. */
  readonly networkId: Uint8Array;
  readonly epoch: number;
  readonly profile: Profile;
  /** Raw Ed25519 keys of at least n nodes; those beyond n are spares. */
  readonly members: readonly Uint8Array[];
}

/**
 * Refuses a profile that is unsafe (q < k + f: a certificate could outlive its bytes) or that f silent nodes could
 * block (q > n − f), and a committee too small for it.
 * @throws CodecError `shape`
 */
export function checkCommittee(committee: Committee): Committee {
  const { k, n, f, q } = committee.profile;
  const sound = k >= 1 && f >= 0 && q >= k + f && q <= n - f && n <= committee.members.length;
  if (sound && committee.networkId.length === 32) return committee;
  throw new CodecError('shape', {
    what: `k=${k} n=${n} f=${f} q=${q} with ${committee.members.length} nodes is not a safe and live profile`,
    fix: 'Choose k + f ≤ q ≤ n − f and at least n nodes.',
  });
}

/** Commitment to profile and members: `SHA-256("ain.committee.v1" ‖ k ‖ n ‖ f ‖ q ‖ count (u16 each) ‖ node ids)`. */
export function committeeRoot({ profile, members }: Committee): Uint8Array {
  const { k, n, f, q } = profile;
  const numbers = [k, n, f, q, members.length].map((value) => le(value, 2));
  return sha256(utf8('ain.committee.v1'), concat(...numbers, ...members));
}

/** The nodes of a pack in rendezvous order: entry i < n holds shard i, the rest are spares in order of preference. */
export function rendezvous({ members }: Committee, packId: Uint8Array): Uint8Array[] {
  const ranked = members.map((node) => ({ node, rank: sha256(packId, node) }));
  return ranked.sort((a, b) => compareBytes(a.rank, b.rank)).map(({ node }) => node);
}

/** Whether `node` may hold shard `index` of the pack: as assigned, or as a spare. */
export function mayHold(
  committee: Committee,
  packId: Uint8Array,
  holder: { node: Uint8Array; index: number },
): boolean {
  const order = rendezvous(committee, packId);
  const place = order.findIndex((member) => equal(member, holder.node));
  return place === holder.index || place >= committee.profile.n;
}
