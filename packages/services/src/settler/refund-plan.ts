/** A class refund's content as the vault takes it: from whom the money comes, and what each payer claims. */
import { evmHex, indexBits, merkleProof } from '@assay/core/money';
import type { PayerClaim, RefundPlan } from '@assay/pay/node';
import type { RefundContent } from '@assay/views';

/** The waterfall: nodes' held credits, then fees, then the stake of nodes (PROTOCOL 7.6). */
export function planOf(name: string, { charges, root, total }: RefundContent, treasury: string): RefundPlan {
  const nodes = new Map<string, bigint>();
  const fees = new Map<number, bigint>();
  const stakes = new Map<string, bigint>();
  for (const { charge, batch } of charges) {
    const key = `${batch} ${charge.nodeAddress}`;
    nodes.set(key, (nodes.get(key) ?? 0n) + charge.amount - charge.fee);
    fees.set(batch, (fees.get(batch) ?? 0n) + charge.fee);
    stakes.set(charge.nodeAddress, (stakes.get(charge.nodeAddress) ?? 0n) + charge.amount);
  }
  const takes = Array.from(nodes, ([key, amount]) => {
    const [batch = '', account = ''] = key.split(' ');
    return { batch: Number(batch), account, amount };
  });
  const feeTakes = Array.from(fees, ([batch, amount]) => ({ batch, account: treasury, amount }));
  return {
    incident: name,
    root,
    total,
    count: charges.length,
    takes: [...takes, ...feeTakes].filter(({ amount }) => amount > 0n),
    stakes: Array.from(stakes, ([account, amount]) => ({ account, amount })),
  };
}

/** What each payer gets, with its proof. */
export function claimsOf(name: string, { payers, leaves }: RefundContent): PayerClaim[] {
  return payers.map(({ payer, amount, receipts }, i) => ({
    incident: name,
    payer,
    amount,
    bits: indexBits(receipts),
    proof: merkleProof(leaves, i).map(evmHex),
    anyIndex: receipts[0] ?? 0,
  }));
}
