/** What an answer says of its payment in PAYMENT-RESPONSE: for both schemes, that the money is held (PROTOCOL 7.2). */
import type { ChannelFacts, Hold, SettleResponse } from '@assay/pay';

/** A delivered hold, before its state moves. */
export interface Delivered {
  readonly hold: Hold;
  readonly receipt: string;
  readonly amount: bigint;
  /** Of `batch-settlement`: all that is captured or held on the channel once this is delivered. */
  readonly cumulative?: bigint | undefined;
  readonly channel?: ChannelFacts | undefined;
}

/**
 * The message. `extra` holds what the official client of `batch-settlement` reads, and under `assay` what ours does. It
 * says nothing that a retry would see differently: it is kept with the answer.
 */
export function paymentResponse({ hold, receipt, amount, cumulative, channel }: Delivered): SettleResponse {
  const { payer, max, order, batch, tx, exact } = hold;
  const network = hold.network as SettleResponse['network'];
  const assay = {
    status: 'held',
    receipt,
    priceBook: hold.priceBook,
    reserved: max,
    charged: String(amount),
    ...(order === undefined ? {} : { order: order.hash }),
  };
  if (batch === undefined) {
    return {
      success: true,
      payer,
      transaction: tx ?? '',
      network,
      amount: exact?.value ?? max,
      extra: { assay },
    };
  }
  return {
    success: true,
    payer,
    // Nothing went onto the chain for this request: vouchers are claimed together, later.
    transaction: '',
    network,
    amount: String(amount),
    extra: {
      chargedAmount: String(amount),
      channelState: channelState(batch.paymentChannel, cumulative ?? 0n, channel),
      assay,
    },
  };
}

/** A payment channel as the official client's recovery reads it. */
export function channelState(
  channelId: string,
  cumulative: bigint,
  facts: ChannelFacts | undefined,
): Record<string, unknown> {
  return {
    channelId,
    balance: String(facts?.balance ?? 0n),
    totalClaimed: String(facts?.totalClaimed ?? 0n),
    withdrawRequestedAt: facts?.withdrawRequestedAt ?? 0,
    refundNonce: '0',
    chargedCumulativeAmount: String(cumulative),
  };
}
