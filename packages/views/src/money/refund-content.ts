/** What a class refund must say: a function of an incident's scope at a size (PROTOCOL 7.6, specs/payments.md "Refund"). */
import { evmHex, merkleRoot, refundId, refundLeafHash, ZERO_BYTES32 } from '@assay/core/money';
import { leafOf } from './batch-content.ts';
import type { ChargeRecord } from './charge-record.ts';
import type { Money } from './money.ts';

/** Which refund. */
export interface RefundScope {
  /** Record id of the incident. */
  readonly incident: string;
  /** Which refund of this incident, from 1. */
  readonly round?: number;
  /** Log size as of which the scope was taken. */
  readonly size: number;
  readonly network: string;
  readonly vault: string;
  /** Address of the settler whose charges it gives back. */
  readonly settler: string;
  /**
   * Receipts that an incident affects as of a size: for certain, not possibly. Lineage's answer, asked for this incident
   * and for every earlier one that was refunded.
   */
  readonly affected: (incident: string, size: number) => ReadonlySet<string>;
}

/** A charge that goes back, and the batch in which it was posted. */
export interface RefundedCharge {
  readonly charge: ChargeRecord;
  readonly batch: number;
}

/** What one payer gets back; one that has many receipts gets it in several shares. */
export interface PayerShare {
  readonly payer: string;
  readonly amount: bigint;
  /** Log indexes of the receipts. */
  readonly receipts: readonly number[];
}

/** Everything a class refund is made of. */
export interface RefundContent {
  readonly charges: readonly RefundedCharge[];
  /** Ascending by payer, and by receipt. */
  readonly payers: readonly PayerShare[];
  /** Payers' leaves, then charges' leaves in log order. */
  readonly leaves: readonly Uint8Array[];
  readonly root: string;
  readonly total: bigint;
  /** Affected charges that stand in no batch yet, and can only be given back by a later refund. */
  readonly unposted: readonly ChargeRecord[];
}

/** The content of a class refund. A charge that an earlier refund gave back is not given back again. */
export function refundContent(money: Money, scope: RefundScope): RefundContent {
  const taken = refundedBefore(money, scope);
  const wanted = scope.affected(scope.incident, scope.size);
  const inScope = money.charges.filter(
    (record) =>
      record.index < scope.size &&
      isOf(record, scope) &&
      // What was never claimed cannot come back.
      !money.settlements.isWithheld(record, scope.size) &&
      wanted.has(record.output.id) &&
      !taken.has(record.output.id),
  );
  const posted = inScope.map((charge) => ({ charge, batch: batchOf(money, charge, scope.size) }));
  const charges = posted.filter((each): each is RefundedCharge => each.batch !== undefined);
  const payers = sharesOf(charges);
  const name = refundId(scope.incident, scope.round ?? 1);
  const leaves = [
    ...payers.map((share) => refundLeafHash({ incident: name, ...share })),
    ...charges.map(({ charge, batch }) => leafOf(charge, batch)),
  ];
  return {
    charges,
    payers,
    leaves,
    root: leaves.length === 0 ? ZERO_BYTES32 : evmHex(merkleRoot(leaves)),
    total: payers.reduce((sum, { amount }) => sum + amount, 0n),
    unposted: posted.filter(({ batch }) => batch === undefined).map(({ charge }) => charge),
  };
}

const isOf = ({ charge, vault, settler }: ChargeRecord, scope: RefundScope): boolean =>
  charge.network === scope.network && vault === scope.vault && settler === scope.settler;

/** The number of the batch that covers a charge, as far as the log knew at `size`. */
function batchOf(money: Money, charge: ChargeRecord, size: number): number | undefined {
  const found = money.settlements.batchOf(charge, size);
  return found === undefined ? undefined : Number(found.predicate.number);
}

/** Receipts of charges that refunds logged before `size` gave back: their contents, one after the other. */
function refundedBefore(money: Money, scope: RefundScope): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const { index, predicate, address } of money.refunds) {
    const { incident, size, network, vault } = predicate;
    // A refund that another settler says gives nothing of this one's charges back.
    if (index >= scope.size || network !== scope.network || vault !== scope.vault) continue;
    if (address !== scope.settler) continue;
    const affected = scope.affected(incident, Number(size));
    for (const charge of money.charges) {
      if (charge.index >= Number(size) || !isOf(charge, scope) || !affected.has(charge.output.id)) continue;
      if (money.settlements.isWithheld(charge, Number(size))) continue;
      if (batchOf(money, charge, Number(size)) !== undefined) taken.add(charge.output.id);
    }
  }
  return taken;
}

/**
 * Words of receipts in one share: each is a slot that the claim writes, some 22,000 gas, and a claim must fit into a
 * transaction.
 */
export const SHARE_WORDS = 64;

/** What payers get back, ascending by payer and by receipt. */
export function sharesOf(charges: readonly RefundedCharge[]): readonly PayerShare[] {
  const byPayer = Map.groupBy(charges, ({ charge }) => charge.charge.payer);
  return Array.from(byPayer)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([payer, own]) =>
      claimable(own).map((part) => ({
        payer,
        amount: part.reduce((sum, { charge }) => sum + charge.amount, 0n),
        receipts: part.map(({ charge }) => charge.output.index),
      })),
    );
}

/** A payer's charges in the order of their receipts, in parts that one claim can take. */
function claimable(own: readonly RefundedCharge[]): readonly (readonly RefundedCharge[])[] {
  const words = new Map<number, RefundedCharge[]>();
  for (const each of own.toSorted((a, b) => a.charge.output.index - b.charge.output.index)) {
    const word = Math.floor(each.charge.output.index / 256);
    words.set(word, [...(words.get(word) ?? []), each]);
  }
  const all = Array.from(words.values());
  return Array.from({ length: Math.ceil(all.length / SHARE_WORDS) }, (_, part) =>
    all.slice(part * SHARE_WORDS, (part + 1) * SHARE_WORDS).flat(),
  );
}
