/** Wire compatibility with @x402 2.27, both ways: types, headers, and payments that its client signs. */
import {
  decodePaymentRequiredHeader,
  decodePaymentResponseHeader,
  encodePaymentRequiredHeader,
  encodePaymentResponseHeader,
} from '@x402/core/http';
import type * as Official from '@x402/core/types';
import {
  appendPaymentIdentifierToExtensions,
  declarePaymentIdentifierExtension,
} from '@x402/extensions/payment-identifier';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  declareOrder,
  declarePaymentIdentifier,
  type PaymentPayload,
  type PaymentRequired,
  type PaymentRequirement,
  readPayment,
  readPaymentRequired,
  readSettleResponse,
  type SettleResponse,
  verifyPayment,
  writeHeader,
} from '../src/index.ts';
import {
  batchOffer,
  exactOffer,
  NOW,
  offers,
  officialClient,
  officialHeader,
  session,
  wallet,
} from './official.ts';

describe('x402 v2: our types are theirs', () => {
  it('what we write, they can take', () => {
    expectTypeOf<Required<PaymentRequirement>>().toExtend<Required<Official.PaymentRequirements>>();
    expectTypeOf<Required<PaymentRequired>['accepts']>().toExtend<Official.PaymentRequired['accepts']>();
    expectTypeOf<Required<SettleResponse>['network']>().toExtend<Official.SettleResponse['network']>();
    expectTypeOf<Official.PaymentPayload['accepted']>().toExtend<PaymentPayload['accepted']>();
    expectTypeOf<keyof Official.PaymentPayload>().toEqualTypeOf<keyof PaymentPayload>();
    expectTypeOf<keyof Official.PaymentRequired>().toEqualTypeOf<keyof PaymentRequired>();
    expectTypeOf<keyof Official.PaymentRequirements>().toEqualTypeOf<keyof PaymentRequirement>();
    expectTypeOf<Exclude<keyof Official.SettleResponse, 'extensionResponses'>>().toEqualTypeOf<
      keyof SettleResponse
    >();
  });
});

describe('x402 v2: headers', () => {
  const required = offers([batchOffer, exactOffer], { 'payment-identifier': declarePaymentIdentifier() });
  const settled: SettleResponse = {
    success: true,
    payer: wallet.address,
    transaction: '',
    network: 'eip155:31337',
    amount: '1030',
    extra: { chargedAmount: '1030' },
  };

  it('PAYMENT-REQUIRED goes both ways', () => {
    expect(decodePaymentRequiredHeader(writeHeader(required))).toEqual(required);
    expect(readPaymentRequired(encodePaymentRequiredHeader(required as never))).toEqual(required);
  });

  it('PAYMENT-RESPONSE goes both ways', () => {
    expect(decodePaymentResponseHeader(writeHeader(settled))).toEqual(settled);
    expect(readSettleResponse(encodePaymentResponseHeader(settled as never))).toEqual(settled);
  });

  it('payment-identifier is declared as the official package declares it', () => {
    expect(declarePaymentIdentifier()).toEqual(declarePaymentIdentifierExtension());
    expect(declarePaymentIdentifier(true)).toEqual(declarePaymentIdentifierExtension(true));
  });
});

describe('x402 v2: payments that the official client signs', () => {
  it('exact', async () => {
    const payment = readPayment(await officialHeader(offers([exactOffer])));
    const paid = verifyPayment(payment, { requirement: exactOffer, now: NOW });
    expect(paid).toMatchObject({ scheme: 'exact', payer: wallet.address.toLowerCase(), max: 2000n });
    expect(paid.order).toBeUndefined();
  });

  it('batch-settlement: first a deposit with its voucher', async () => {
    const payment = readPayment(await officialHeader(offers([batchOffer])));
    const paid = verifyPayment(payment, { requirement: batchOffer, now: NOW });
    expect(paid).toMatchObject({
      scheme: 'batch-settlement',
      payer: wallet.address.toLowerCase(),
      ceiling: 2000n,
      max: 2000n,
      config: { payerAuthorizer: session.address.toLowerCase() },
      deposit: { value: 100_000n, from: wallet.address.toLowerCase() },
    });
  });

  it('the declarations that it echoes, with its payment id', async () => {
    const zero = `0x${'0'.repeat(64)}` as const;
    const extensions = {
      'payment-identifier': declarePaymentIdentifier(),
      'assay-order': declareOrder({
        vault: `0x${'b'.repeat(40)}`,
        priceBook: zero,
        channel: '',
        target: zero,
      }),
    };
    const required = offers(
      [exactOffer],
      appendPaymentIdentifierToExtensions(extensions, 'pay_0123456789abcdef'),
    );
    const sent = await officialClient().createPaymentPayload(required as never);
    const payment = readPayment(writeHeader(sent as PaymentPayload));
    expect(payment.paymentId).toBe('pay_0123456789abcdef');
    expect(payment.order).toBeUndefined();
  });
});
