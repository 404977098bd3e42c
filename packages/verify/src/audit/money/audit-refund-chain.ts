/** Class refunds as the vault executed them: what the log says was given back went to whom it was owed, and nothing else did. */
import type { Predicate } from '@assay/core';
import { refundId } from '@assay/core/money';
import {
  affectedReceipts,
  type Money,
  type PayerShare,
  type RefundContent,
  type Timeline,
} from '@assay/views';
import type { Findings } from '../finding.ts';
import { dueRefund } from './audit-refunds.ts';
import { DEFAULT_GRACE_SECONDS, type MoneyAudit } from './money-audit.ts';
import type { ChainRefund, MoneyChain } from './money-chain.ts';

/** Where refunds are compared. */
export interface RefundsOnChain {
  readonly timeline: Timeline;
  readonly chain: MoneyChain;
  readonly audit: MoneyAudit;
  readonly findings: Findings;
}

/** Adds `refund-chain` for each difference. @param vaults  of this network */
export async function auditRefundsOnChain(
  money: Money,
  vaults: Iterable<string>,
  { timeline, chain, audit, findings }: RefundsOnChain,
): Promise<void> {
  const affected = affectedReceipts(timeline);
  const own = money.refunds.filter(({ predicate }) => predicate.network === chain.network);
  const logged = new Set<string>();
  for (const record of own) {
    const { predicate, index, address, settler } = record;
    if (address !== (await chain.settler(predicate.vault))) {
      findings.add(
        'refund-chain',
        `${settler} says that it was given back, and is not the vault's settler`,
        `entry ${index}`,
      );
      continue;
    }
    logged.add(`${predicate.vault} ${nameOf(predicate)}`);
    const due = dueRefund(money, record, affected);
    for await (const what of differences(predicate, typeof due === 'string' ? undefined : due, chain)) {
      findings.add('refund-chain', what, `entry ${index}`);
    }
  }
  await auditVetoes(money, chain, findings);
  const grace = audit.graceSeconds ?? DEFAULT_GRACE_SECONDS;
  for (const vault of new Set([...vaults, ...own.map(({ predicate }) => predicate.vault)])) {
    for (const { refund, at } of await chain.executedRefunds(vault)) {
      // A settler logs once it has paid out; until then it is only slow.
      if (logged.has(`${vault} ${refund}`) || audit.judgedAt - at <= grace) continue;
      findings.add('refund-chain', `the chain executed the refund ${refund}, which is not in the log`, vault);
    }
  }
}

const nameOf = ({ incident, round = '1' }: Predicate<'refund'> | Predicate<'refund.veto'>): string =>
  refundId(incident, Number(round));

/** Adds `refund-chain` for each veto that is recorded and not the chain's. */
async function auditVetoes(money: Money, chain: MoneyChain, findings: Findings): Promise<void> {
  for (const { predicate, index } of money.vetoes) {
    if (predicate.network !== chain.network) continue;
    const { vault, name, tx } = predicate;
    const wrong =
      nameOf(predicate) !== name
        ? `the refund of its incident and round is called ${nameOf(predicate)}, not ${name}`
        : !(await chain.vetoes(vault, name)).includes(tx) &&
          `the log says that the refund ${name} was vetoed by ${tx}, and the chain knows of no such veto`;
    if (wrong !== false) findings.add('refund-chain', wrong, `entry ${index}`);
  }
}

async function* differences(
  said: Predicate<'refund'>,
  due: RefundContent | undefined,
  chain: MoneyChain,
): AsyncGenerator<string> {
  const held = await chain.refund(said.vault, nameOf(said));
  if (held.state !== 'executed') {
    const instead =
      held.state === 'none' ? 'has no such refund: it was vetoed, or never proposed' : 'only proposed it';
    yield `the log says that it was given back, and the chain ${instead}`;
    return;
  }
  if (held.root !== said.root) yield `its root is ${held.root} on the chain`;
  if (String(held.total) !== said.total) yield `its total is ${held.total} on the chain`;
  const shortfall = held.total - held.funded;
  if (String(shortfall) !== said.shortfall)
    yield `its shortfall is ${shortfall} on the chain, and ${said.shortfall} is recorded`;
  if (due === undefined || held.root !== due.root) return;
  const { least, most } = await claimed(due, held, (receipt) => chain.isRefunded(said.vault, receipt));
  if (held.paid >= least && held.paid <= most) return;
  const owed = least === most ? String(most) : `${least} to ${most}`;
  yield `${held.paid} was paid on the chain, and the payers whose receipts it marks as given back get ${owed}`;
}

/**
 * What the payers that claimed get: a share of what was funded, rounded down, once for a payer's whole amount, or for each
 * charge where it claimed them one by one.
 */
async function claimed(
  { payers, charges }: RefundContent,
  { funded, total }: ChainRefund,
  isRefunded: (receipt: number) => Promise<boolean>,
): Promise<{ readonly least: bigint; readonly most: bigint }> {
  const amounts = new Map<number, bigint>();
  for (const { charge } of charges)
    amounts.set(charge.output.index, (amounts.get(charge.output.index) ?? 0n) + charge.amount);
  const share = (amount: bigint): bigint => (total === 0n ? 0n : (amount * funded) / total);
  const one = async ({ amount, receipts }: PayerShare): Promise<readonly [bigint, bigint]> => {
    const marked: bigint[] = [];
    for (const receipt of receipts) if (await isRefunded(receipt)) marked.push(amounts.get(receipt) ?? 0n);
    const apart = marked.reduce((sum, each) => sum + share(each), 0n);
    return [apart, marked.length === receipts.length ? share(amount) : apart];
  };
  let [least, most] = [0n, 0n];
  for (const payer of payers) {
    const [low, high] = await one(payer);
    [least, most] = [least + low, most + high];
  }
  return { least, most };
}
