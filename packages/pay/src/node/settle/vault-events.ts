/** What the vault told of in events: batches that a settler posted and did not live to log, and payments that it holds. */
import {
  parseEventLogs,
  type PublicClient,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
} from 'viem';
import { settlementVaultAbi } from '../chain/artifacts/abis.ts';
import { rangesDown, rangesUp } from '../../block-ranges.ts';

/** A `BatchPosted` event. */
export interface PostedEvent {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly root: string;
  readonly tx: string;
}

/** Which batches. */
export interface PostedQuery {
  readonly vault: string;
  /** Batches up to this number are known. */
  readonly after: number;
  readonly confirmations: number;
  /** The block that deployed the vault. */
  readonly deployedAt: number;
}

/** Batches after number `after` that are `confirmations` blocks deep, in order; looked for from the newest block back. */
export async function postedAfter(
  client: PublicClient,
  { vault, after, confirmations, deployedAt }: PostedQuery,
): Promise<PostedEvent[]> {
  const head = Number(await client.getBlockNumber());
  const found: PostedEvent[] = [];
  for (const { from: fromBlock, to: toBlock } of rangesDown({
    from: deployedAt,
    to: head - confirmations + 1,
  })) {
    const logs = await client.getContractEvents({
      address: vault as `0x${string}`,
      abi: settlementVaultAbi,
      eventName: 'BatchPosted',
      fromBlock: BigInt(fromBlock),
      toBlock: BigInt(toBlock),
    });
    const posted = logs.flatMap(({ args: { number, from, to, root }, transactionHash: tx }) =>
      number === undefined || from === undefined || to === undefined || root === undefined
        ? []
        : [{ number: Number(number), from: Number(from), to: Number(to), root, tx }],
    );
    found.push(...posted.filter(({ number }) => number > after));
    // Numbers count up: below the first that is known there is nothing new.
    if (posted.some(({ number }) => number <= after + 1)) break;
  }
  return found.toSorted((a, b) => a.number - b.number);
}

/** A class refund that was executed. */
export interface ExecutedEvent {
  /** As the vault knows it. */
  readonly refund: string;
  /** Unix seconds of its block. */
  readonly at: number;
}

/** Class refunds that a vault executed, in order. */
export async function executedRefunds(
  client: PublicClient,
  { vault, deployedAt }: { readonly vault: string; readonly deployedAt: number },
): Promise<ExecutedEvent[]> {
  const head = Number(await client.getBlockNumber());
  const found: ExecutedEvent[] = [];
  for (const { from, to } of rangesUp({ from: deployedAt, to: head })) {
    const logs = await client.getContractEvents({
      address: vault as `0x${string}`,
      abi: settlementVaultAbi,
      eventName: 'RefundExecuted',
      fromBlock: BigInt(from),
      toBlock: BigInt(to),
    });
    for (const { args, blockNumber } of logs) {
      if (args.incident === undefined) continue;
      const { timestamp } = await client.getBlock({ blockNumber });
      found.push({ refund: args.incident, at: Number(timestamp) });
    }
  }
  return found;
}

/** Transactions by which the vetoer stopped a refund, as far as they are final, in order. */
export async function vetoesOf(
  client: PublicClient,
  of: {
    readonly vault: string;
    /** As the vault knows it. */
    readonly name: string;
    readonly deployedAt: number;
    readonly confirmations: number;
  },
): Promise<string[]> {
  const head = Number(await client.getBlockNumber());
  const found: string[] = [];
  for (const { from, to } of rangesUp({ from: of.deployedAt, to: head - of.confirmations + 1 })) {
    const logs = await client.getContractEvents({
      address: of.vault as `0x${string}`,
      abi: settlementVaultAbi,
      eventName: 'RefundVetoed',
      args: { incident: of.name as `0x${string}` },
      fromBlock: BigInt(from),
      toBlock: BigInt(to),
    });
    found.push(...logs.map(({ transactionHash }) => transactionHash));
  }
  return found;
}

/** Who sent a transaction, in lower case; undefined for one that the chain does not know. */
export async function senderOf(client: PublicClient, tx: string): Promise<string | undefined> {
  try {
    return (await client.getTransaction({ hash: tx as `0x${string}` })).from.toLowerCase();
  } catch (error) {
    if (error instanceof TransactionNotFoundError) return undefined;
    throw error;
  }
}

/** Ids of the `exact` payments that a transaction brought into a vault; none of one that is not mined. */
export async function heldBy(
  client: PublicClient,
  { vault, tx }: { readonly vault: string; readonly tx: string },
): Promise<string[]> {
  try {
    const { logs } = await client.getTransactionReceipt({ hash: tx as `0x${string}` });
    // Any contract can emit what looks like it.
    const own = logs.filter(({ address }) => address.toLowerCase() === vault);
    const events = parseEventLogs({ abi: settlementVaultAbi, logs: own, eventName: 'ExactHeld' });
    return events.map(({ args }) => args.id);
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return [];
    throw error;
  }
}
