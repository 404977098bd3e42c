/** What an answer may cost, as x402 says it: one offer per scheme, and the extensions that go with them. */
import {
  ASSAY_ORDER,
  bytes32Of,
  declareOrder,
  declarePaymentIdentifier,
  PAYMENT_IDENTIFIER,
  type PaymentRequired,
  type PaymentRequirement,
  priceOf,
} from '@assay/pay';
import type { PublishedPrice } from '@assay/views';
import type { MoneyConfig } from './money-config.ts';

/** What is to be paid for. */
export interface Offered {
  readonly price: PublishedPrice;
  readonly money: MoneyConfig;
  /** Bytes of the inputs' tensors. */
  readonly inputBytes: number;
}

/** The offer of each scheme; `amount` is the most that this request may cost. */
export function offersFor({ price, money, inputBytes }: Offered): readonly PaymentRequirement[] {
  const { book } = price;
  const usage = { inputBytes: String(inputBytes), outputBytes: String(money.outputAllowanceKib * 1_024) };
  const { name, version } = money.token;
  const common = {
    network: book.network as PaymentRequirement['network'],
    asset: book.asset,
    amount: String(priceOf(book, usage)),
    payTo: book.vault,
    maxTimeoutSeconds: money.offerSeconds,
  };
  return [
    {
      ...common,
      scheme: 'batch-settlement',
      extra: {
        name,
        version,
        assetTransferMethod: 'eip3009',
        receiverAuthorizer: book.receiverAuthorizer,
        withdrawDelay: money.withdrawDelay,
        minDeposit: money.minDeposit,
      },
    },
    { ...common, scheme: 'exact', extra: { name, version, assetTransferMethod: 'eip3009' } },
  ];
}

/** What a 402 names besides the offers. */
export interface Asked {
  readonly url: string;
  /** Full name of the channel; empty for a pin. */
  readonly channel: string;
  /** Digest of the version, or record id of the decision in force. */
  readonly target: string;
}

/** The message of a 402. @param error why a payment that came was not taken */
export function paymentRequired(
  offers: readonly PaymentRequirement[],
  { asked, price, error }: { asked: Asked; price: PublishedPrice; error: string },
): PaymentRequired {
  return {
    x402Version: 2,
    error,
    resource: {
      url: asked.url,
      description: 'An answer of a model, with a receipt',
      mimeType: 'application/json',
    },
    accepts: [...offers],
    extensions: {
      [PAYMENT_IDENTIFIER]: declarePaymentIdentifier(),
      [ASSAY_ORDER]: declareOrder({
        vault: price.book.vault as `0x${string}`,
        priceBook: bytes32Of(price.id),
        channel: asked.channel,
        target: bytes32Of(asked.target),
      }),
    },
  };
}
