/** What the money's contracts say now. */
import { type Address, BATCH_SETTLEMENT_ADDRESS as BATCH_SETTLEMENT } from '@assay/core/money';
import type { PublicClient } from 'viem';
import { devBatchSettlementAbi, devTokenAbi } from './artifacts/abis.ts';

/** A payment channel as the contract holds it. */
export interface PaymentChannelState {
  /** Everything paid in, less what was refunded or withdrawn. */
  readonly balance: bigint;
  /** What its receiver has claimed of that. */
  readonly totalClaimed: bigint;
  /** A withdrawal that the payer has begun. */
  readonly withdrawal?: { readonly amount: bigint; readonly initiatedAt: number };
  readonly refundNonce: bigint;
}

/** @throws viem's errors around RpcError */
export async function readPaymentChannel(
  client: PublicClient,
  id: `0x${string}`,
): Promise<PaymentChannelState> {
  const of = { address: BATCH_SETTLEMENT, abi: devBatchSettlementAbi } as const;
  const [[balance, totalClaimed], [amount, initiatedAt], refundNonce] = await Promise.all([
    client.readContract({ ...of, functionName: 'channels', args: [id] }),
    client.readContract({ ...of, functionName: 'pendingWithdrawals', args: [id] }),
    client.readContract({ ...of, functionName: 'refundNonce', args: [id] }),
  ]);
  const withdrawal = initiatedAt === 0 ? {} : { withdrawal: { amount, initiatedAt } };
  return { balance, totalClaimed, refundNonce, ...withdrawal };
}

/** What `receiver` has claimed over all payment channels in `token`, and how much of that was paid out to it. */
export async function readReceiver(
  client: PublicClient,
  receiver: Address,
  token: Address,
): Promise<{ readonly totalClaimed: bigint; readonly totalSettled: bigint }> {
  const [totalClaimed, totalSettled] = await client.readContract({
    address: BATCH_SETTLEMENT,
    abi: devBatchSettlementAbi,
    functionName: 'receivers',
    args: [receiver, token],
  });
  return { totalClaimed, totalSettled };
}

/** Balance of an ERC-20 token, in its atomic units. */
export function readTokenBalance(client: PublicClient, token: Address, of: Address): Promise<bigint> {
  return client.readContract({ address: token, abi: devTokenAbi, functionName: 'balanceOf', args: [of] });
}

/** Whether an EIP-3009 authorization was used or cancelled. */
export function readAuthorizationState(
  client: PublicClient,
  token: Address,
  { authorizer, nonce }: { authorizer: Address; nonce: `0x${string}` },
): Promise<boolean> {
  return client.readContract({
    address: token,
    abi: devTokenAbi,
    functionName: 'authorizationState',
    args: [authorizer, nonce],
  });
}
