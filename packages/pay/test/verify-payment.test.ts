/** Everything that a payment may not be, one rule at a time; each case is the good payment with one thing changed. */
import { describe, expect, it } from 'vitest';
import { base64, utf8 } from '@assay/core';
import {
  assayDomain,
  assertOrderFor,
  bytes32Of,
  DEPOSIT_COLLECTOR_ADDRESS,
  depositNonce,
  type Order,
  orderDigest,
  orderHash,
  PayError,
  parsePayment,
  paymentChannelId,
  paymentSigner,
  type PaymentPayload,
  readPayment,
  receiveDigest,
  transferDigest,
  type VerifiedPayment,
  verifyPayment,
  voucherDigest,
  ZERO_BYTES32,
} from '../src/index.ts';
import { batchOffer, exactOffer, NOW, TOKEN, VAULT } from './official.ts';

const CHAIN = 31_337;
const payer = paymentSigner(new Uint8Array(32).fill(7));
const session = paymentSigner(new Uint8Array(32).fill(8));
const stranger = paymentSigner(new Uint8Array(32).fill(9));
const token = {
  name: 'Simulated USD',
  version: '1',
  chainId: CHAIN,
  verifyingContract: TOKEN.toLowerCase() as `0x${string}`,
};
const vault = VAULT.toLowerCase() as `0x${string}`;
const config = {
  payer: payer.address,
  payerAuthorizer: session.address,
  receiver: vault,
  receiverAuthorizer: `0x${'c'.repeat(40)}`,
  token: token.verifyingContract,
  withdrawDelay: 86_400,
  salt: ZERO_BYTES32,
};
const id = paymentChannelId(config, CHAIN);
const open = { balance: 100_000n, totalClaimed: 0n, withdrawRequestedAt: 0 };

interface Made {
  terms?: typeof config;
  channelId?: string;
  ceiling?: bigint;
  by?: typeof session;
  chainId?: number;
  order?: Partial<Order>;
  orderBy?: typeof session;
}

function voucher({
  terms = config,
  channelId,
  ceiling = 5_000n,
  by = session,
  chainId = CHAIN,
  order,
  orderBy = session,
}: Made = {}): PaymentPayload {
  const paymentChannel = channelId ?? paymentChannelId(terms, chainId);
  const signature = by.sign(voucherDigest(paymentChannel, ceiling, chainId));
  return {
    x402Version: 2,
    accepted: batchOffer,
    payload: {
      type: 'voucher',
      channelConfig: terms,
      voucher: { channelId: paymentChannel, maxClaimableAmount: String(ceiling), signature },
    },
    ...(order === undefined
      ? {}
      : { extensions: { 'assay-order': { info: { order: signedOrder(order, orderBy) } } } }),
  };
}

const ORDER: Order = {
  paymentChannel: id,
  requestId: 'req-1',
  requestHash: bytes32Of(`hmac-sha256:${'1'.repeat(64)}`),
  channel: '',
  target: bytes32Of(`sha256:${'2'.repeat(64)}`),
  priceBook: bytes32Of('3'.repeat(64)),
  maxAmount: '1500',
  deadline: String(NOW + 60),
};

function signedOrder(more: Partial<Order>, by: typeof session): object {
  const order = { ...ORDER, ...more };
  return { ...order, signature: by.sign(orderDigest(assayDomain(CHAIN, vault), order)), by: by.address };
}

function exact(
  more: Partial<Record<'to' | 'value' | 'validAfter' | 'validBefore', string>> = {},
  by = payer,
  domain = token,
): PaymentPayload {
  const authorization = {
    from: payer.address,
    to: vault,
    value: '2000',
    validAfter: '0',
    validBefore: String(NOW + 300),
    nonce: `0x${'5'.repeat(64)}`,
    ...more,
  };
  const signed = {
    ...authorization,
    value: BigInt(authorization.value),
    validAfter: BigInt(authorization.validAfter),
    validBefore: BigInt(authorization.validBefore),
  };
  return {
    x402Version: 2,
    accepted: exactOffer,
    payload: { authorization, signature: by.sign(transferDigest(domain, signed)) },
  };
}

function deposit(value: string, by = payer, validBefore = NOW + 300): PaymentPayload {
  const sent = voucher();
  const salt = `0x${'6'.repeat(64)}`;
  const digest = receiveDigest(token, {
    from: payer.address,
    to: DEPOSIT_COLLECTOR_ADDRESS,
    value: BigInt(value),
    validAfter: 0n,
    validBefore: BigInt(validBefore),
    nonce: depositNonce(id, salt),
  });
  const erc3009Authorization = {
    validAfter: '0',
    validBefore: String(validBefore),
    salt,
    signature: by.sign(digest),
  };
  return {
    ...sent,
    payload: {
      ...sent.payload,
      type: 'deposit',
      deposit: { amount: value, authorization: { erc3009Authorization } },
    },
  };
}

function judge(message: PaymentPayload, channel = open, now = NOW): VerifiedPayment {
  const payment = parsePayment(message);
  const requirement = payment.scheme === 'exact' ? exactOffer : batchOffer;
  return verifyPayment(payment, { requirement, channel, now });
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PayError) return error.code;
    throw error;
  }
  return 'taken';
}

describe('batch-settlement: a voucher', () => {
  it('that holds says who pays, from which channel, up to what', () => {
    expect(judge(voucher())).toMatchObject({
      payer: payer.address,
      paymentChannel: id,
      ceiling: 5_000n,
      max: 2_000n,
    });
    expect(
      judge(voucher({ terms: { ...config, payerAuthorizer: `0x${'0'.repeat(40)}` }, by: payer })),
    ).toMatchObject({ payer: payer.address });
  });

  it.each<[string, string, Made]>([
    ['by a stranger', 'signer', { by: stranger }],
    ['by the payer, whose session key it should be', 'signer', { by: payer }],
    ['replayed from another chain', 'payment-channel', { chainId: 1 }],
    ['for another channel id', 'payment-channel', { channelId: `0x${'9'.repeat(64)}` }],
    ['to another receiver', 'terms', { terms: { ...config, receiver: `0x${'e'.repeat(40)}` } }],
    ['in another token', 'terms', { terms: { ...config, token: `0x${'e'.repeat(40)}` } }],
    ['claimable by another', 'terms', { terms: { ...config, receiverAuthorizer: `0x${'e'.repeat(40)}` } }],
    ['with a shorter withdraw delay', 'terms', { terms: { ...config, withdrawDelay: 900 } }],
    ['above what is deposited', 'balance', { ceiling: 100_001n }],
  ])('%s is refused: %s', (_, code, made) => {
    expect(refusal(() => judge(voucher(made)))).toBe(code);
  });

  it('on a channel that is being withdrawn, drained or claimed beyond it is refused', () => {
    expect(refusal(() => judge(voucher(), { ...open, withdrawRequestedAt: NOW - 1 }))).toBe('withdrawing');
    expect(refusal(() => judge(voucher(), { ...open, balance: 0n }))).toBe('balance');
    expect(refusal(() => judge(voucher(), { ...open, totalClaimed: 5_001n }))).toBe('below-claimed');
  });

  it('with any second spelling of its signature is refused', () => {
    const good = voucher();
    const payload = good.payload as { voucher: { signature: string } };
    for (const signature of [
      payload.voucher.signature.slice(0, -2),
      `${payload.voucher.signature}00`,
      '0x',
    ]) {
      const message = { ...good, payload: { ...payload, voucher: { ...payload.voucher, signature } } };
      expect(refusal(() => judge(message))).toBe('signature');
    }
  });

  it('beyond 2^128, negative, fractional or with a member too many does not parse', () => {
    const good = voucher();
    const payload = good.payload as { voucher: object };
    for (const maxClaimableAmount of [String(1n << 128n), '-1', '1.5', '0x10', '', '01', 5]) {
      const message = {
        ...good,
        payload: { ...payload, voucher: { ...payload.voucher, maxClaimableAmount } },
      };
      expect(
        refusal(() => parsePayment(message)),
        String(maxClaimableAmount),
      ).toBe('header');
    }
    expect(refusal(() => parsePayment({ ...good, payload: { ...payload, note: 'x' } }))).toBe('header');
  });
});

describe('batch-settlement: a deposit', () => {
  it('counts towards the balance of its own voucher', () => {
    const paid = judge(deposit('5000'), { ...open, balance: 0n });
    expect(paid).toMatchObject({
      deposit: { value: 5_000n, from: payer.address, to: DEPOSIT_COLLECTOR_ADDRESS },
    });
  });

  it('below the voucher, by another key, or out of time is refused', () => {
    expect(refusal(() => judge(deposit('4999'), { ...open, balance: 0n }))).toBe('balance');
    expect(refusal(() => judge(deposit('5000', session)))).toBe('signer');
    expect(refusal(() => judge(deposit('5000', payer, NOW + 5)))).toBe('expired');
  });
});

describe('exact', () => {
  it('pays the vault the offered amount', () => {
    expect(judge(exact())).toMatchObject({ scheme: 'exact', payer: payer.address, max: 2_000n });
  });

  it.each<[string, PaymentPayload]>([
    ['signer', exact({}, session)],
    ['signer', exact({}, payer, { ...token, chainId: 1 })],
    ['signer', exact({}, payer, { ...token, name: 'USD Coin' })],
    ['signer', exact({}, payer, { ...token, verifyingContract: vault })],
    ['terms', exact({ to: stranger.address })],
    ['amount', exact({ value: '1999' })],
    ['amount', exact({ value: '2001' })],
    ['expired', exact({ validBefore: String(NOW) })],
    ['not-yet-valid', exact({ validAfter: String(NOW + 1) })],
  ])('is refused: %s (case %#)', (code, message) => {
    expect(refusal(() => judge(message))).toBe(code);
  });
});

describe('PROTOCOL 7.1: an order', () => {
  it('limits what the request may cost, and is known by its digest', () => {
    const paid = judge(voucher({ order: {} }));
    expect(paid.max).toBe(1_500n);
    expect(paid.order?.hash).toBe(orderHash(assayDomain(CHAIN, vault), ORDER));
    expect(judge(voucher({ order: { maxAmount: '9000' } })).max).toBe(2_000n);
  });

  it('is refused when another key signed it, when it is for another payment channel, and after its deadline', () => {
    expect(refusal(() => judge(voucher({ order: {}, orderBy: payer })))).toBe('order-signer');
    expect(refusal(() => judge(voucher({ order: { paymentChannel: ZERO_BYTES32 } })))).toBe('order');
    expect(refusal(() => judge(voucher({ order: { deadline: String(NOW - 1) } })))).toBe('order-expired');
  });

  it('is for one request', () => {
    const order = judge(voucher({ order: {} })).order;
    if (order === undefined) throw new Error('no order');
    const request = { ...ORDER, targets: [ORDER.target] };
    expect(refusal(() => assertOrderFor(order, request))).toBe('taken');
    expect(refusal(() => assertOrderFor(order, { ...request, requestId: 'req-2' }))).toBe('order');
    expect(refusal(() => assertOrderFor(order, { ...request, requestHash: ZERO_BYTES32 }))).toBe('order');
    expect(refusal(() => assertOrderFor(order, { ...request, priceBook: ZERO_BYTES32 }))).toBe('order');
    expect(refusal(() => assertOrderFor(order, { ...request, targets: [] }))).toBe('order');
  });
});

describe('a payment for other terms than ours', () => {
  it.each(['scheme', 'network', 'amount', 'asset', 'payTo'] as const)('is refused: %s', (member) => {
    const message = voucher();
    const payment = parsePayment(message);
    const requirement = {
      ...batchOffer,
      [member]: member === 'network' ? 'eip155:1' : '7',
    } as typeof batchOffer;
    expect(refusal(() => verifyPayment(payment, { requirement, channel: open, now: NOW }))).toBe(
      'requirement',
    );
  });
});

describe('headers that are no payments', () => {
  const header = (value: unknown): string => base64(utf8(JSON.stringify(value)));
  it.each<[string, string]>([
    ['header', 'not base64!'],
    ['header', header('text')],
    ['header', header(null)],
    ['header', header({ x402Version: 2 })],
    ['header', base64(utf8('{"x402Version":2,"x402Version":2}'))],
    ['version', header({ ...voucher(), x402Version: 1 })],
    ['scheme', header({ ...voucher(), accepted: { ...batchOffer, scheme: 'upto' } })],
    ['scheme', header({ ...voucher(), accepted: { ...batchOffer, scheme: 'constructor' } })],
    ['too-large', 'A'.repeat(12_289)],
  ])('%s (case %#)', (code, text) => {
    expect(refusal(() => readPayment(text))).toBe(code);
  });
});
