/** What is said in the log of a hold's end. */
import type { Predicate } from '@assay/core';
import { LedgerError } from './errors.ts';
import type { Hold, ReleaseReason } from './hold.ts';

/** The `charge` of a delivered hold. @param voucher the highest on its channel, and all captured with this charge */
export function chargeOf(
  hold: Hold,
  fee: bigint,
  voucher?: { readonly ceiling: bigint; readonly signature: string; readonly cumulative: bigint },
): Predicate<'charge'> {
  const { receipt, amount, network, payer, priceBook, batch, exact, order, tx } = hold;
  if (receipt === undefined || amount === undefined) {
    throw new LedgerError('state', {
      what: `a charge needs an output, and the hold is ${hold.state}`,
      where: hold.id,
    });
  }
  const common = { receipt, network, payer, amount, fee: String(fee), priceBook, ...orderMembers(order) };
  if (batch !== undefined && voucher !== undefined) {
    return {
      ...common,
      scheme: 'batch-settlement',
      batch: {
        paymentChannel: batch.paymentChannel,
        config: batch.config,
        voucher: { maxClaimableAmount: String(voucher.ceiling), signature: voucher.signature },
        cumulative: String(voucher.cumulative),
      },
    };
  }
  if (exact === undefined || tx === undefined) {
    throw new LedgerError('state', {
      what: 'an exact payment is charged once its transaction was sent',
      where: hold.id,
    });
  }
  return { ...common, scheme: 'exact', exact: { tx, nonce: exact.nonce, value: exact.value } };
}

/**
 * The `release` of a hold, when there is one to say: an output exists, or money has moved that is to go back. A hold
 * that ends before either leaves nothing in the log.
 */
export function releaseOf(hold: Hold, reason: ReleaseReason): Predicate<'release'> | undefined {
  const { receipt, tx, network, payer, order, batch } = hold;
  if (receipt === undefined && tx === undefined) return undefined;
  return {
    network,
    payer,
    amount: tx === undefined ? (hold.amount ?? hold.max) : (hold.exact?.value ?? hold.max),
    reason,
    ...(receipt === undefined ? {} : { receipt }),
    ...(order === undefined ? {} : { order: order.hash }),
    ...(batch === undefined ? {} : { paymentChannel: batch.paymentChannel }),
    ...(tx === undefined ? {} : { tx }),
  };
}

function orderMembers(order: Hold['order']): Pick<Predicate<'charge'>, 'order'> {
  if (order === undefined) return {};
  const { hash: _, ...signed } = order;
  return { order: signed };
}
