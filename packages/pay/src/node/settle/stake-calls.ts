/** Calls of the participant registry: stake comes in, announces that it leaves, leaves, or is slashed by proof. */
import type { Order } from '@assay/core/money';
import { encodeFunctionData } from 'viem';
import { devTokenAbi, participantRegistryAbi } from '../chain/artifacts/abis.ts';
import type { Call } from './calls.ts';

type Hex = `0x${string}`;

/** A node's word for one answer, as its payment key signed it. */
export interface SignedReceipt {
  /** Ed25519 public key, 32 bytes. */
  readonly node: string;
  /** 16 bytes. */
  readonly stream: string;
  readonly sequence: bigint;
  readonly receipt: string;
  /** Digest of the order; 32 zero bytes for none. */
  readonly order: string;
  readonly amount: bigint;
  readonly signature: string;
}

/** Makes development tokens; anybody may. */
export function mintCall(token: string, to: string, amount: bigint): Call {
  const args = [to as Hex, amount] as const;
  return { to: token, data: encodeFunctionData({ abi: devTokenAbi, functionName: 'mint', args }) };
}

/** Lets the registry take `amount` of the sender's tokens. */
export function approveCall(token: string, registry: string, amount: bigint): Call {
  const args = [registry as Hex, amount] as const;
  return { to: token, data: encodeFunctionData({ abi: devTokenAbi, functionName: 'approve', args }) };
}

export function stakeCall(registry: string, account: string, amount: bigint): Call {
  return call(registry, encodeFunctionData({ abi, functionName: 'stake', args: [account as Hex, amount] }));
}

export function unbondCall(registry: string, amount: bigint): Call {
  return call(registry, encodeFunctionData({ abi, functionName: 'unbond', args: [amount] }));
}

export function withdrawStakeCall(registry: string, account: string): Call {
  return call(registry, encodeFunctionData({ abi, functionName: 'withdraw', args: [account as Hex] }));
}

/** Two different receipts for one place in a stream. */
export function slashEquivocationCall(
  registry: string,
  receipts: readonly [SignedReceipt, SignedReceipt],
  orders: readonly [Order, Order],
): Call {
  const [a, b] = receipts;
  const args = [
    [receiptOf(a), receiptOf(b)],
    [a.signature as Hex, b.signature as Hex],
    [orderOf(orders[0]), orderOf(orders[1])],
  ] as const;
  return call(registry, encodeFunctionData({ abi, functionName: 'slashEquivocation', args }));
}

/** A receipt for more than its order allows. */
export function slashOverclaimCall(registry: string, receipt: SignedReceipt, order: Order): Call {
  const args = [receiptOf(receipt), receipt.signature as Hex, orderOf(order)] as const;
  return call(registry, encodeFunctionData({ abi, functionName: 'slashOverclaim', args }));
}

const abi = participantRegistryAbi;
const call = (to: string, data: Hex): Call => ({ to, data });

const receiptOf = ({ node, stream, sequence, receipt, order, amount }: SignedReceipt) => ({
  node: node as Hex,
  stream: stream as Hex,
  sequence,
  receipt: receipt as Hex,
  order: order as Hex,
  amount,
});

const orderOf = (order: Order) => ({
  paymentChannel: order.paymentChannel as Hex,
  requestId: order.requestId,
  requestHash: order.requestHash as Hex,
  channel: order.channel,
  target: order.target as Hex,
  priceBook: order.priceBook as Hex,
  maxAmount: BigInt(order.maxAmount),
  deadline: BigInt(order.deadline),
});
