/** Whether a charge counts: every rule that the log alone can tell (PROTOCOL 7.1, 4.3, 5.6, 3.3). */
import type { LogRecord, Predicate } from '@assay/core';
import { feeOf, priceOf, type Secp256k1 } from '@assay/core/money';
import type { Registry } from '../registry/index.ts';
import type { PaidOutput } from './charge-record.ts';
import type { Delivery } from './deliveries.ts';
import type { Judged } from './flaw.ts';
import { judgeOrder } from './judge-order.ts';
import { judgePayment } from './judge-payment.ts';
import { judgePaymentSignature } from './judge-payment-signature.ts';
import { judgeTimes } from './judge-times.ts';
import { judgeVersion } from './judge-version.ts';
import type { PublishedPrice } from './price-list.ts';

/** What a charge is judged in. */
export interface ChargeContext {
  readonly registry: Registry;
  readonly curve: Secp256k1;
  /** The receipt that it names, when one counts. */
  readonly output: PaidOutput | undefined;
  readonly price: PublishedPrice | undefined;
  /** Whether the receipt, or the payer's request, was charged or released before, by whoever's act counts for it. */
  readonly ended: 'charged' | 'released' | undefined;
  /** What its gateway said before of giving this request an answer. */
  readonly delivery: Delivery;
  /** Whether a charge needs to have been said to be delivered; else it may only not contradict what was said. */
  readonly mustBeDelivered: boolean;
  /** All that was captured on the payment channel before. */
  readonly capturedBefore: bigint;
  /** Whether a gateway is judged for itself alone, whatever others charged; else one charge counts over all of them. */
  readonly isPerGateway: boolean;
  /** The gateway whose charge counted first on the payment channel. */
  readonly channelUser: string | undefined;
  /** Whether the gateway made a charge from the `exact` payment before. */
  readonly isSpent: boolean;
}

/** A charge with everything it needs, found. */
export interface ChargeCase extends ChargeContext {
  readonly record: LogRecord & { kind: 'charge' };
  readonly charge: Predicate<'charge'>;
  readonly output: PaidOutput;
  readonly price: PublishedPrice;
}

/** The first rule that a charge breaks, or undefined when it counts. */
export function judgeCharge(record: LogRecord & { kind: 'charge' }, context: ChargeContext): Judged {
  const { output, price, ended, registry } = context;
  const charge = record.predicate;
  if (output === undefined)
    return { flaw: 'no-output', what: `no receipt ${charge.receipt} counts before it` };
  const covered = registry.time.coveredBy(output.index);
  if (covered === undefined || covered.index >= record.index) {
    return { flaw: 'not-witnessed', what: 'no witnessed checkpoint in the log covers the receipt yet' };
  }
  if (ended !== undefined) return { flaw: 'double-charge', what: `this request was ${ended} before` };
  const undelivered = judgeDelivery(context);
  if (undelivered !== undefined) return undelivered;
  if (price === undefined) return { flaw: 'price', what: `no price book ${charge.priceBook} is published` };
  const found: ChargeCase = { ...context, record, charge, output, price };
  return (
    judgePrice(found) ??
    judgeAmount(found) ??
    judgeTimes(found) ??
    judgePaymentSignature(found) ??
    judgeOrder(found) ??
    judgeVersion(found) ??
    judgePayment(found)
  );
}

/** PROTOCOL 5.4: of several receipts for one request only the one that was delivered is charged. */
function judgeDelivery({ delivery, mustBeDelivered }: ChargeContext): Judged {
  if (delivery === 'this' || (delivery === 'none' && !mustBeDelivered)) return undefined;
  const what =
    delivery === 'none'
      ? 'its gateway did not say before that it delivered this receipt'
      : `its gateway delivered another receipt for this request, ${delivery.other}`;
  return { flaw: 'not-delivered', what };
}

function judgePrice({ record, charge, output, price, registry }: ChargeCase): Judged {
  const { book, gateway } = price;
  const wrong =
    (!registry.participants.speaksFor(record.signer, gateway) && 'is of another gateway') ||
    (book.model !== output.receipt.model && 'is of another model') ||
    (book.network !== charge.network && 'is for another network') ||
    (feeOf(book, BigInt(charge.amount)) !== BigInt(charge.fee) && `does not make a fee of ${charge.fee}`);
  return wrong === false ? undefined : { flaw: 'price', what: `the price book ${wrong}` };
}

function judgeAmount({ charge, output, price }: ChargeCase): Judged {
  const { amount, usage } = output.receipt;
  const cost = priceOf(price.book, usage);
  const most = charge.order?.maxAmount;
  const wrong =
    (amount !== charge.amount && `the receipt says ${amount ?? 'nothing'}`) ||
    (cost !== BigInt(charge.amount) && `its usage costs ${cost}`) ||
    (most !== undefined && BigInt(charge.amount) > BigInt(most) && `the order allows ${most}`);
  return wrong === false ? undefined : { flaw: 'amount', what: `${charge.amount} is charged, ${wrong}` };
}
