/** Every charge against its output, its order and its price; every batch against its charges, and against the chain. */
import { type ChargedTwice, chargedTwice, type ChargeFlaw, type Money, type Timeline } from '@assay/views';
import type { FindingCode, Findings } from '../finding.ts';
import { auditBatches } from './audit-batches.ts';
import { auditChain } from './audit-chain.ts';
import { auditRefunds } from './audit-refunds.ts';
import { auditUncharged } from './audit-uncharged.ts';
import type { MoneyAudit } from './money-audit.ts';

/** What was audited, in numbers. */
export interface AuditedMoney {
  readonly charges: number;
  readonly releases: number;
  readonly batches: number;
  readonly refunds: number;
  /** Refunds that the vetoer stopped. */
  readonly vetoes: number;
  /** Charges that count and that their settler left out of its batches, since their money could not be had. */
  readonly withheld: number;
  /** Atomic units charged, by network. */
  readonly charged: ReadonlyMap<string, bigint>;
  /** Whether each network that settled anything was read. */
  readonly chains: readonly string[];
  /** Requests of a payer that several gateways charged, each by right: for information, and no finding. */
  readonly chargedTwice: readonly ChargedTwice[];
}

/** What each broken rule is called in an audit. */
const CODES: { readonly [F in ChargeFlaw]: FindingCode } = {
  'no-output': 'charge-without-output',
  'not-witnessed': 'charge-early',
  'double-charge': 'charge-double',
  'not-delivered': 'charge-undelivered',
  price: 'charge-amount',
  amount: 'charge-amount',
  times: 'charge-receipt',
  'payment-signature': 'charge-receipt',
  payer: 'charge-order',
  order: 'charge-order',
  'order-expired': 'charge-order',
  version: 'charge-version',
  voucher: 'charge-voucher',
  'beyond-voucher': 'charge-voucher',
  cumulative: 'charge-voucher',
  'exact-value': 'charge-voucher',
};

/** Adds what is wrong with a log's money. Rejects when a chain cannot be asked. */
export async function auditMoney(
  money: Money,
  timeline: Timeline,
  { findings, audit }: { readonly findings: Findings; readonly audit: MoneyAudit },
): Promise<AuditedMoney> {
  for (const { index, flaw, what } of money.flawed)
    findings.add(CODES[flaw], `${flaw}: ${what}`, `entry ${index}`);
  auditUncharged(money, timeline, { findings, audit });
  auditBatches(money, findings);
  auditRefunds(money, timeline, findings);
  const chains = await auditChain(money, timeline, { findings, audit });
  return {
    charges: money.charges.length,
    releases: money.releases.length,
    batches: money.batches.length,
    refunds: money.refunds.length,
    vetoes: money.vetoes.length,
    withheld: Array.from(money.settlements.withheld).length,
    charged: chargedBy(money),
    chains,
    chargedTwice: chargedTwice(money),
  };
}

function chargedBy({ charges }: Money): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { charge, amount } of charges)
    sums.set(charge.network, (sums.get(charge.network) ?? 0n) + amount);
  return sums;
}
