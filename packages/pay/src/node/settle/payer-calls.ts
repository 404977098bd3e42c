/** A payer's side of a payment channel as transactions: paying in, and taking back what was not spent. */
import { BATCH_SETTLEMENT_ADDRESS, type ChannelConfig, DEPOSIT_COLLECTOR_ADDRESS } from '@assay/core/money';
import { encodeAbiParameters, encodeFunctionData } from 'viem';
import { devBatchSettlementAbi } from '../chain/artifacts/abis.ts';
import type { Call } from './calls.ts';

/** A deposit that the payer signed for by EIP-3009; the nonce follows from channel and salt. */
export interface SignedDeposit {
  readonly value: bigint;
  /** Unix seconds. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  /** 32 bytes, `0x…`. */
  readonly salt: string;
  readonly signature: string;
}

/** Pays into a channel; anybody may bring it. */
export function depositCall(config: ChannelConfig, deposit: SignedDeposit): Call {
  const { value, validAfter, validBefore, salt, signature } = deposit;
  const collectorData = encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
    [validAfter, validBefore, BigInt(salt), signature as `0x${string}`],
  );
  const args = [config as never, value, DEPOSIT_COLLECTOR_ADDRESS, collectorData] as const;
  const data = encodeFunctionData({ abi: devBatchSettlementAbi, functionName: 'deposit', args });
  return { to: BATCH_SETTLEMENT_ADDRESS, data };
}

/** Announces that `amount` is taken back; the sender is the payer. */
export function initiateWithdrawCall(config: ChannelConfig, amount: bigint): Call {
  const args = [config as never, amount] as const;
  const data = encodeFunctionData({ abi: devBatchSettlementAbi, functionName: 'initiateWithdraw', args });
  return { to: BATCH_SETTLEMENT_ADDRESS, data };
}

/** Takes it, once the channel's delay is over; the sender is the payer. */
export function finalizeWithdrawCall(config: ChannelConfig): Call {
  const args = [config as never] as const;
  const data = encodeFunctionData({ abi: devBatchSettlementAbi, functionName: 'finalizeWithdraw', args });
  return { to: BATCH_SETTLEMENT_ADDRESS, data };
}
