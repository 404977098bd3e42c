/** What the chain holds against what the log says: batches, credits, and what was claimed from payment channels. */
import type { Predicate } from '@assay/core';
import { batchContent, type Money, type Timeline } from '@assay/views';
import type { Findings } from '../finding.ts';
import { auditRefundsOnChain } from './audit-refund-chain.ts';
import type { MoneyAudit } from './money-audit.ts';
import type { MoneyChain } from './money-chain.ts';

/** Adds `batch-chain`, `refund-chain`, `overclaimed` and `chain-unread`. Returns the networks that were read. */
export async function auditChain(
  money: Money,
  timeline: Timeline,
  { findings, audit }: { readonly findings: Findings; readonly audit: MoneyAudit },
): Promise<readonly string[]> {
  const { chains } = audit;
  const networks = new Set(money.charges.map(({ charge }) => charge.network));
  for (const { predicate } of [...money.batches, ...money.refunds, ...money.vetoes])
    networks.add(predicate.network);
  const read: string[] = [];
  for (const network of networks) {
    const chain = chains.find((each) => each.network === network);
    if (chain === undefined) {
      findings.add(
        'chain-unread',
        `charges settle on ${network}, which was not read`,
        network,
        'Name its JSON-RPC with --rpc.',
      );
      continue;
    }
    read.push(network);
    const vaults = await auditVaults(money, chain, findings);
    await auditRefundsOnChain(money, vaults, { timeline, chain, audit, findings });
    await auditClaims(money, chain, findings);
  }
  return read;
}

/** Returns the vaults that were looked at. */
async function auditVaults(
  money: Money,
  chain: MoneyChain,
  findings: Findings,
): Promise<ReadonlySet<string>> {
  const own = money.batches.filter(({ predicate }) => predicate.network === chain.network);
  const vaults = new Set(own.map(({ predicate }) => predicate.vault));
  for (const { charge, vault } of money.charges) if (charge.network === chain.network) vaults.add(vault);
  for (const vault of vaults) {
    const settler = await chain.settler(vault);
    const said = own.filter(({ predicate }) => predicate.vault === vault);
    for (const { index, settler: by } of said.filter(({ address }) => address !== settler))
      findings.add(
        'batch-chain',
        `${by} says that it posted a batch, and is not the vault's settler`,
        `entry ${index}`,
      );
    const batches = said.filter(({ address }) => address === settler);
    const count = await chain.batchCount(vault);
    const newest = batches.at(-1)?.predicate;
    const unlogged = await unloggedBatch(money, chain, { vault, settler, count, newest });
    if (unlogged !== undefined) findings.add('batch-chain', unlogged, vault);
    for (const { predicate, index } of batches) {
      for await (const what of differences(predicate, chain, count)) {
        findings.add('batch-chain', what, `entry ${index}`);
      }
    }
  }
  return vaults;
}

/** A settler posts before it logs: one batch may be ahead, if it is what the log makes. */
async function unloggedBatch(
  money: Money,
  chain: MoneyChain,
  at: {
    readonly vault: string;
    readonly settler: string;
    readonly count: number;
    readonly newest: Predicate<'batch'> | undefined;
  },
): Promise<string | undefined> {
  const { vault, settler, count, newest } = at;
  const last = Number(newest?.number ?? 0);
  if (count <= last) return undefined;
  const many = `the chain holds ${count} batches, the log has ${last}`;
  if (count > last + 1) return many;
  const [held, to, treasury] = await Promise.all([
    chain.batch(vault, count),
    chain.coveredTo(vault),
    chain.treasury(vault),
  ]);
  const range = { number: count, from: Number(newest?.to ?? 0), to };
  const of = { vault, settler, network: chain.network, treasury };
  const { root, channelsRoot, total } = batchContent(money, { ...range, ...of });
  const same = held.root === root && held.channelsRoot === channelsRoot && held.total === total;
  return same ? undefined : `${many}, and the newest is not what the log makes`;
}

async function* differences(
  said: Predicate<'batch'>,
  chain: MoneyChain,
  count: number,
): AsyncGenerator<string> {
  const { vault } = said;
  const number = Number(said.number);
  if (number > count) {
    yield `batch ${number} is not on the chain, which holds ${count}`;
    return;
  }
  const held = await chain.batch(vault, number);
  if (held.root !== said.root) yield `batch ${number} has root ${held.root} on the chain`;
  if (held.channelsRoot !== said.channelsRoot)
    yield `batch ${number} has another channels' root on the chain`;
  if (String(held.total) !== said.total) yield `batch ${number} has total ${held.total} on the chain`;
  if (String(held.count) !== said.count) yield `batch ${number} counts ${held.count} charges on the chain`;
  const treasury = await chain.treasury(vault);
  if (treasury !== said.treasury) yield `the vault's treasury is ${treasury}, not ${said.treasury}`;
  for (const { to, amount } of said.credits) {
    const credited = await chain.credit(vault, number, to);
    // Withdrawn and refunded credits are taken off on the chain; more than was said can have no honest reason.
    if (credited > BigInt(amount))
      yield `batch ${number} credits ${credited} to ${to} on the chain, not ${amount}`;
  }
}

/** PROTOCOL 7.4: nothing may be claimed from a payment channel beyond what was captured on it. */
async function auditClaims(money: Money, chain: MoneyChain, findings: Findings): Promise<void> {
  const channels = new Set(
    money.charges.flatMap(({ charge }) =>
      charge.network === chain.network ? (charge.batch?.paymentChannel ?? []) : [],
    ),
  );
  for (const channel of channels) {
    const captured = money.capturedOn(channel) - money.settlements.withheldOn(channel);
    const claimed = await chain.claimed(channel);
    if (claimed <= captured) continue;
    findings.add('overclaimed', `${claimed} was claimed, ${captured} was captured and not withheld`, channel);
  }
}
