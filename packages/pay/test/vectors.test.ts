/** vectors/payments.json: plain inputs and what they must give, for anybody who writes this anew (specs/payments.md). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hex } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { examples, signer } from '../../core/test/examples.ts';
import {
  type Address,
  assayDomain,
  channelLeafHash,
  chargeLeafHash,
  checkpointDigest,
  depositNonce,
  evmHex,
  feeOf,
  heldPaymentId,
  merkleProof,
  merkleRoot,
  orderDigest,
  paymentChannelId,
  paymentSigner,
  PayError,
  priceOf,
  readPayment,
  receiptDigest,
  receiptPaymentDigest,
  receiveDigest,
  recoverSigner,
  refundLeafHash,
  transferDigest,
  verifyPayment,
  voucherDigest,
  writeHeader,
} from '../src/index.ts';

const FILE = 'vectors/payments.json';
const CHAIN = 31_337;
const vault: Address = `0x${'b'.repeat(40)}`;
const token = {
  name: 'Simulated USD',
  version: '1',
  chainId: CHAIN,
  verifyingContract: `0x${'a'.repeat(40)}` as Address,
};
const secret = (digit: string): string => `0x${`0${digit}`.repeat(32)}`;
const key = (digit: string) => paymentSigner(new Uint8Array(32).fill(Number(digit)));
const id = (digit: string): string => `0x${digit.repeat(64)}`;

const config = {
  payer: key('7').address,
  payerAuthorizer: key('8').address,
  receiver: vault,
  receiverAuthorizer: `0x${'c'.repeat(40)}`,
  token: token.verifyingContract,
  withdrawDelay: 86_400,
  salt: id('0'),
};
const channel = paymentChannelId(config, CHAIN);
const order = {
  paymentChannel: channel,
  requestId: 'req-1',
  requestHash: id('1'),
  channel: `${signer.keyId}/sp500-vol/prod`,
  target: id('2'),
  priceBook: id('3'),
  maxAmount: '2000',
  deadline: '1790000700',
};
const authorization = {
  from: config.payer,
  to: vault,
  value: '2000',
  validAfter: '0',
  validBefore: '1790000400',
  nonce: id('5'),
};
const big = ({ value, validAfter, validBefore, ...rest }: typeof authorization) => ({
  ...rest,
  value: BigInt(value),
  validAfter: BigInt(validAfter),
  validBefore: BigInt(validBefore),
});
const domain = assayDomain(CHAIN, vault);
const { paymentSignature: _, ...bare } = { ...examples['output.receipt'], paymentSignature: '' };
const receipt = { ...bare, order: hex(orderDigest(domain, order)), amount: '1030' };
const charge = {
  batch: '7',
  receiptId: id('1'),
  entryLeaf: id('2'),
  logIndex: '41',
  payer: config.payer,
  node: key('9').address,
  version: id('5'),
  priceBook: id('3'),
  amount: '1030',
  fee: '51',
};
const chargeLeaf = chargeLeafHash({
  ...charge,
  batch: 7n,
  logIndex: 41n,
  amount: 1_030n,
  fee: 51n,
});
const leaves = [1, 2, 3, 4, 5].map((byte) => new Uint8Array(32).fill(byte));
const book = { perRequest: '1000', perInputKib: '10', perOutputKib: '20', feeBps: 500 };
const usage = { inputBytes: '1025', outputBytes: '4' };
const offer = {
  scheme: 'batch-settlement',
  network: 'eip155:31337' as const,
  asset: token.verifyingContract,
  amount: '2000',
  payTo: vault,
  maxTimeoutSeconds: 300,
  extra: {
    name: token.name,
    version: token.version,
    receiverAuthorizer: config.receiverAuthorizer,
    withdrawDelay: 86_400,
  },
};
const voucher = {
  channelId: channel,
  maxClaimableAmount: '5000',
  signature: key('8').sign(voucherDigest(channel, 5_000n, CHAIN)),
};
const payload = {
  x402Version: 2 as const,
  accepted: offer,
  payload: { type: 'voucher', channelConfig: config, voucher },
  extensions: {
    'assay-order': {
      info: {
        order: { ...order, signature: key('8').sign(orderDigest(domain, order)), by: key('8').address },
      },
    },
  },
};

/** Everything, computed by this code: what the file must say. */
const computed = {
  keys: [
    { name: 'payer', secret: secret('7'), address: key('7').address },
    { name: 'session', secret: secret('8'), address: key('8').address },
    { name: 'node', secret: secret('9'), address: key('9').address },
  ],
  domains: { assay: domain, token },
  paymentChannel: { config, chainId: CHAIN, id: channel },
  voucher: { ...voucher, digest: evmHex(voucherDigest(channel, 5_000n, CHAIN)), signer: 'session' },
  order: {
    message: order,
    digest: evmHex(orderDigest(domain, order)),
    signature: key('8').sign(orderDigest(domain, order)),
    signer: 'session',
  },
  receipt: {
    node: signer.keyId,
    predicate: receipt,
    receipt: evmHex(receiptDigest(receipt)),
    digest: evmHex(receiptPaymentDigest(domain, signer.keyId, receipt)),
    paymentSignature: key('9')
      .sign(receiptPaymentDigest(domain, signer.keyId, receipt))
      .slice(2),
    signer: 'node',
  },
  checkpoint: {
    origin: 'log.example/assay',
    size: '41',
    root: 'c'.repeat(64),
    digest: evmHex(
      checkpointDigest(domain, { origin: 'log.example/assay', size: '41', root: 'c'.repeat(64) }),
    ),
  },
  transferWithAuthorization: {
    message: authorization,
    digest: evmHex(transferDigest(token, big(authorization))),
  },
  receiveWithAuthorization: {
    message: authorization,
    digest: evmHex(receiveDigest(token, big(authorization))),
  },
  depositNonce: { paymentChannel: channel, salt: id('6'), nonce: depositNonce(channel, id('6')) },
  heldPayment: { payer: config.payer, nonce: id('5'), id: heldPaymentId(config.payer, id('5')) },
  price: {
    book,
    usage,
    amount: String(priceOf(book, usage)),
    fee: String(feeOf(book, priceOf(book, usage))),
  },
  chargeLeaf: { charge, leaf: evmHex(chargeLeaf) },
  channelLeaf: {
    batch: '7',
    paymentChannel: channel,
    cumulative: '1030',
    leaf: evmHex(channelLeafHash({ batch: 7n, paymentChannel: channel, cumulative: 1_030n })),
  },
  refundLeaf: {
    incident: id('9'),
    payer: config.payer,
    amount: '2060',
    receipts: [3, 255, 512],
    leaf: evmHex(
      refundLeafHash({ incident: id('9'), payer: config.payer, amount: 2_060n, receipts: [3, 255, 512] }),
    ),
  },
  merkle: {
    leaves: leaves.map(evmHex),
    root: evmHex(merkleRoot(leaves)),
    proofs: leaves.map((_, i) => merkleProof(leaves, i).map(evmHex)),
  },
  header: {
    name: 'PAYMENT-SIGNATURE',
    text: writeHeader(payload),
    message: payload,
    payer: config.payer,
    max: '2000',
  },
  malformedSignatures: malformed(),
};

/** Second spellings of a good signature, each of which must be refused. */
function malformed(): { why: string; signature: string }[] {
  const good = voucher.signature;
  const order_ = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const high = (order_ - BigInt(`0x${good.slice(66, 130)}`)).toString(16).padStart(64, '0');
  return [
    {
      why: 's in the upper half',
      signature: `${good.slice(0, 66)}${high}${good.endsWith('1b') ? '1c' : '1b'}`,
    },
    { why: 'v of 0', signature: `${good.slice(0, -2)}00` },
    { why: '64 bytes', signature: good.slice(0, -2) },
    { why: '66 bytes', signature: `${good}00` },
    { why: 'r of zero', signature: `0x${'0'.repeat(64)}${good.slice(66)}` },
    { why: 's of zero', signature: `${good.slice(0, 66)}${'0'.repeat(64)}1b` },
  ];
}

describe('vectors/payments.json', () => {
  if (process.env.ASSAY_WRITE_GOLDEN === '1') writeFileSync(FILE, `${JSON.stringify(computed, null, 2)}\n`);
  expect(existsSync(FILE), 'run with ASSAY_WRITE_GOLDEN=1 once').toBe(true);
  const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as typeof computed;

  it.each(Object.keys(computed) as (keyof typeof computed)[])('%s is what the code gives', (name) => {
    expect(JSON.parse(JSON.stringify(computed[name]))).toEqual(vectors[name]);
  });

  it('the signatures are by the keys that are named', () => {
    const addresses = new Map(vectors.keys.map(({ name, address }) => [name, address]));
    const signed = [
      vectors.voucher,
      vectors.order,
      { ...vectors.receipt, signature: `0x${vectors.receipt.paymentSignature}` },
    ];
    for (const { digest, signature, signer: by } of signed) {
      expect(recoverSigner(Buffer.from(digest.slice(2), 'hex'), signature)).toBe(addresses.get(by));
    }
  });

  it('the header is a payment that holds, and no second spelling of its signature is one', () => {
    const payment = readPayment(vectors.header.text);
    const context = {
      requirement: offer,
      channel: { balance: 5_000n, totalClaimed: 0n, withdrawRequestedAt: 0 },
      now: 1_790_000_000,
    };
    expect(verifyPayment(payment, context)).toMatchObject({ payer: vectors.header.payer, max: 2_000n });
    if (payment.scheme !== 'batch-settlement') throw new Error('another scheme');
    for (const { why, signature } of vectors.malformedSignatures) {
      const bent = {
        ...payment.payload,
        voucher: { ...payment.payload.voucher, signature: signature as Address },
      };
      expect(() => verifyPayment({ ...payment, payload: bent }, context), why).toThrow(PayError);
    }
  });
});
