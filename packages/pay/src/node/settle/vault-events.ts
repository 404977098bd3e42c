/** What the vault told of in events: batches that a settler posted and did not live to log, and payments that it holds. */
import { parseEventLogs, type PublicClient } from 'viem';
import { settlementVaultAbi } from '../chain/artifacts/abis.ts';

/** A `BatchPosted` event. */
export interface PostedEvent {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly root: string;
  readonly tx: string;
}

/** Batches after number `after` that are `confirmations` blocks deep, in order. */
export async function postedAfter(
  client: PublicClient,
  {
    vault,
    after,
    confirmations,
  }: { readonly vault: string; readonly after: number; readonly confirmations: number },
): Promise<PostedEvent[]> {
  const head = await client.getBlockNumber();
  const logs = await client.getContractEvents({
    address: vault as `0x${string}`,
    abi: settlementVaultAbi,
    eventName: 'BatchPosted',
    fromBlock: 0n,
  });
  return logs
    .filter(({ blockNumber }) => head - blockNumber + 1n >= BigInt(confirmations))
    .flatMap(({ args: { number, from, to, root }, transactionHash: tx }) =>
      number === undefined || from === undefined || to === undefined || root === undefined
        ? []
        : [{ number: Number(number), from: Number(from), to: Number(to), root, tx }],
    )
    .filter(({ number }) => number > after)
    .toSorted((a, b) => a.number - b.number);
}

/** Ids of the `exact` payments that a transaction brought into the vault. */
export async function heldBy(client: PublicClient, tx: string): Promise<string[]> {
  const receipt = await client.getTransactionReceipt({ hash: tx as `0x${string}` });
  const events = parseEventLogs({ abi: settlementVaultAbi, logs: receipt.logs, eventName: 'ExactHeld' });
  return events.map(({ args }) => args.id);
}
