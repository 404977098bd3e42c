/** From why a payment was not taken to what the client is told: 402 with new offers where paying again helps. */
import type { AssayError } from '@assay/core';
import { LedgerError, PayError, type PaymentLedger, type PaymentRequirement, x402Reason } from '@assay/pay';
import { TxError } from '@assay/pay/node';
import { GatewayError } from '../gateway-error.ts';
import type { MoneyConfig } from './money-config.ts';
import type { Carry } from './money-journal.ts';
import { offersFor, paymentRequired } from './offers.ts';
import type { PaidQuestion } from './paid-question.ts';
import { amountText, PaymentRefusal } from './payment-refusal.ts';
import { channelState } from './payment-response.ts';

/** What a refusal is made from. */
export interface Refused {
  readonly question: PaidQuestion;
  /** Undefined when nothing was paid yet. */
  readonly error: PayError | LedgerError | TxError | undefined;
  readonly ledger: PaymentLedger<Carry>;
  readonly money: MoneyConfig;
}

/** The error to answer with. */
export function refusalOf({ question, error, ledger, money }: Refused): Error {
  if (error instanceof LedgerError && !isAboutMoney(error)) return asGatewayError(error);
  if (error instanceof TxError && error.code === 'timeout') {
    return new GatewayError('chain', {
      what: error.what,
      fix: 'Ask again with the same id; nothing is paid twice.',
    });
  }
  const offers = offersFor({ price: question.price, money, inputBytes: question.inputSize });
  const accepts = needsCorrection(error) ? corrected(offers, question, ledger) : offers;
  const { ask } = question.head;
  const required = paymentRequired(accepts, {
    asked: {
      url: question.url,
      channel: 'channel' in ask ? ask.channel : '',
      target: question.target,
    },
    price: question.price,
    error: reasonOf(error, question),
  });
  const most = amountText(offers[0]?.amount ?? '0', money.token);
  if (error === undefined) {
    return new PaymentRefusal(
      required,
      `an answer of this model costs at most ${most}, and the request brings no payment`,
      'Pay with any x402 client (header PAYMENT-REQUIRED says how), with @assay/sdk and a wallet, or ask with "npx assay infer".',
    );
  }
  return new PaymentRefusal(
    required,
    error.what,
    error.fix ?? 'Pay again by the offers that come with this.',
  );
}

const isAboutMoney = ({ code }: LedgerError): boolean =>
  code === 'ceiling' || code === 'balance' || code === 'expired';

/** The client's idea of its channel is behind ours: it is told, with its own newest voucher as proof. */
const needsCorrection = (error: AssayError | undefined): boolean =>
  (error instanceof LedgerError && error.code === 'ceiling') ||
  (error instanceof PayError && error.code === 'below-claimed');

function corrected(
  offers: readonly PaymentRequirement[],
  { sent }: PaidQuestion,
  ledger: PaymentLedger<Carry>,
): readonly PaymentRequirement[] {
  const payment = sent?.payment;
  if (payment?.scheme !== 'batch-settlement') return offers;
  const { channelId } = payment.payload.voucher;
  const books = ledger.channel(channelId);
  if (books === undefined) return offers;
  const extra = {
    channelState: channelState(channelId, ledger.baseOf(channelId), undefined),
    voucherState: { signedMaxClaimable: String(books.ceiling), signature: books.signature },
  };
  return offers.map((offer) =>
    offer.scheme === 'batch-settlement' ? { ...offer, extra: { ...offer.extra, ...extra } } : offer,
  );
}

function reasonOf(error: Refused['error'], { sent }: PaidQuestion): string {
  const scheme = sent?.payment.scheme ?? 'batch-settlement';
  if (error === undefined) return 'Payment required';
  if (error instanceof PayError) return x402Reason(error.code, scheme);
  if (error instanceof TxError) {
    return scheme === 'exact'
      ? 'insufficient_funds'
      : 'invalid_batch_settlement_evm_deposit_transaction_failed';
  }
  if (error.code === 'ceiling') return x402Reason('amount', scheme);
  return x402Reason(error.code === 'balance' ? 'balance' : 'order-expired', scheme);
}

/** What is wrong is not the money. @returns the fault itself where it is ours */
function asGatewayError(error: LedgerError): Error {
  const { what, fix } = error;
  const detail = { what, cause: error, ...(fix === undefined ? {} : { fix }) };
  if (error.code === 'conflict' || error.code === 'spent' || error.code === 'replayed')
    return new GatewayError('id-reused', detail);
  return error.code === 'exposure' ? new GatewayError('unwitnessed', detail) : error;
}
