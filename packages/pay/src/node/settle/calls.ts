/** Calls of the settlement contracts as transactions: what is sent, to whom. One function for each thing that is done. */
import { BATCH_SETTLEMENT_ADDRESS, type ChannelConfig } from '@assay/core/money';
import { encodeFunctionData } from 'viem';
import { checkpointAnchorAbi, devBatchSettlementAbi, settlementVaultAbi } from '../chain/artifacts/abis.ts';

/** A call, without its sender. */
export interface Call {
  readonly to: string;
  readonly data: `0x${string}`;
}

/** One payment channel's claim: up to `totalClaimed`, cumulative, never above the voucher. */
export interface Claim {
  readonly config: ChannelConfig;
  readonly voucher: { readonly maxClaimableAmount: bigint; readonly signature: string };
  readonly totalClaimed: bigint;
}

/** A batch as the vault takes it. */
export interface BatchPost {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly root: string;
  readonly channelsRoot: string;
  /** Ascending by address. */
  readonly credits: readonly { readonly to: string; readonly amount: bigint }[];
  readonly captures: readonly { readonly id: string; readonly amount: bigint }[];
}

/** A class refund as the vault takes it; see `VaultRefunds.Plan`. */
export interface RefundPlan {
  /** 32 bytes. */
  readonly incident: string;
  readonly root: string;
  readonly total: bigint;
  readonly count: number;
  /** Held credits, nodes' first, then the treasury's. */
  readonly takes: readonly { readonly batch: number; readonly account: string; readonly amount: bigint }[];
  readonly stakes: readonly { readonly account: string; readonly amount: bigint }[];
}

/** What one payer gets back, with its proof in the refund's tree. */
export interface RefundClaim {
  readonly incident: string;
  readonly payer: string;
  readonly amount: bigint;
  readonly bits: readonly { readonly word: bigint; readonly bits: bigint }[];
  readonly proof: readonly string[];
}

type Hex = `0x${string}`;

/** Claims on payment channels; the sender is their receiver's authorizer. */
export function claimCall(claims: readonly Claim[]): Call {
  const rows = claims.map(({ config, voucher, totalClaimed }) => ({
    voucher: {
      channel: channelOf(config),
      maxClaimableAmount: voucher.maxClaimableAmount,
    },
    signature: voucher.signature as Hex,
    totalClaimed,
  }));
  const data = encodeFunctionData({ abi: devBatchSettlementAbi, functionName: 'claim', args: [rows] });
  return { to: BATCH_SETTLEMENT_ADDRESS, data };
}

/** Brings everything claimed for `receiver` to it. */
export function sweepCall(receiver: string, token: string): Call {
  const args = [receiver as Hex, token as Hex] as const;
  const data = encodeFunctionData({ abi: devBatchSettlementAbi, functionName: 'settle', args });
  return { to: BATCH_SETTLEMENT_ADDRESS, data };
}

export function postBatchCall(vault: string, post: BatchPost): Call {
  const credits = post.credits.map(({ to, amount }) => ({ account: to as Hex, amount }));
  const captures = post.captures.map(({ id, amount }) => ({ id: id as Hex, amount }));
  const args = [
    {
      number: BigInt(post.number),
      from: BigInt(post.from),
      to: BigInt(post.to),
      count: post.count,
      root: post.root as Hex,
      channelsRoot: post.channelsRoot as Hex,
      credits,
      captures,
    },
  ] as const;
  return {
    to: vault,
    data: encodeFunctionData({ abi: settlementVaultAbi, functionName: 'postBatch', args }),
  };
}

/** Gives a held `exact` payment back. @param id  of the held payment in the vault */
export function returnExactCall(vault: string, id: string): Call {
  const args = [id as Hex] as const;
  return {
    to: vault,
    data: encodeFunctionData({ abi: settlementVaultAbi, functionName: 'returnExact', args }),
  };
}

/** Pays an account what these batches credit to it. */
export function withdrawCall(vault: string, account: string, batches: readonly number[]): Call {
  const args = [account as Hex, batches.map(BigInt)] as const;
  return { to: vault, data: encodeFunctionData({ abi: settlementVaultAbi, functionName: 'withdraw', args }) };
}

export function proposeRefundCall(vault: string, plan: RefundPlan): Call {
  const args = [planOf(plan)] as const;
  return {
    to: vault,
    data: encodeFunctionData({ abi: settlementVaultAbi, functionName: 'proposeRefund', args }),
  };
}

export function executeRefundCall(vault: string, plan: RefundPlan): Call {
  const args = [planOf(plan)] as const;
  return {
    to: vault,
    data: encodeFunctionData({ abi: settlementVaultAbi, functionName: 'executeRefund', args }),
  };
}

/** Pays one payer its share of an executed refund; anybody may send it. */
export function claimRefundCall(vault: string, claim: RefundClaim): Call {
  const { incident, payer, amount, bits, proof } = claim;
  const args = [incident as Hex, payer as Hex, amount, bits, proof as Hex[]] as const;
  return {
    to: vault,
    data: encodeFunctionData({ abi: settlementVaultAbi, functionName: 'claimRefund', args }),
  };
}

/** @param signatures of witnesses' payment keys, ascending by signer */
export function anchorCall(
  anchor: string,
  checkpoint: { readonly origin: string; readonly size: number; readonly root: string },
  signatures: readonly string[],
): Call {
  const { origin, size, root } = checkpoint;
  const args = [origin as Hex, BigInt(size), root as Hex, signatures as Hex[]] as const;
  return { to: anchor, data: encodeFunctionData({ abi: checkpointAnchorAbi, functionName: 'post', args }) };
}

const channelOf = (config: ChannelConfig) => ({
  payer: config.payer as Hex,
  payerAuthorizer: config.payerAuthorizer as Hex,
  receiver: config.receiver as Hex,
  receiverAuthorizer: config.receiverAuthorizer as Hex,
  token: config.token as Hex,
  withdrawDelay: config.withdrawDelay,
  salt: config.salt as Hex,
});

const planOf = ({ incident, root, total, count, takes, stakes }: RefundPlan) => ({
  incident: incident as Hex,
  root: root as Hex,
  total,
  count,
  takes: takes.map(({ batch, account, amount }) => ({
    batch: BigInt(batch),
    account: account as Hex,
    amount,
  })),
  stakes: stakes.map(({ account, amount }) => ({ account: account as Hex, amount })),
});
