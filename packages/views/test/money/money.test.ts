/** The money view: what counts as a charge, what a batch and a refund must say. */
import type { Predicate } from '@assay/core';
import {
  bytes32Of,
  evmBytes,
  feeOf,
  heldPaymentId,
  merkleProof,
  verifyMerkleProof,
  ZERO_BYTES32,
} from '@assay/core/money';
import { describe, expect, it } from 'vitest';
import {
  affectedReceipts,
  batchContent,
  DELIVERED_RULES,
  refundContent,
  uncharged,
} from '../../src/index.ts';
import {
  agent,
  channel,
  gateway,
  nodeA,
  nodeB,
  operator,
  owner,
  settler,
  stranger,
} from '../support/log-builder.ts';
import {
  type Bend,
  BOOK,
  configOf,
  NETWORK,
  other,
  type PaidLog,
  paidLog,
  payer,
  PRICE,
  SETTLER,
  TREASURY,
  VAULT,
  voucherOf,
} from './paid-log.ts';

const range = (log: PaidLog, number: number, from: number, to = log.log.records.length) => ({
  number,
  network: NETWORK,
  vault: VAULT,
  settler: SETTLER,
  treasury: TREASURY,
  from,
  to,
});

describe('a charge counts', () => {
  it('for a witnessed receipt at its price, ordered, signed by the node, under a voucher', () => {
    const log = paidLog();
    const receipts = log.charged(3);
    expect(log.money.flawed).toEqual([]);
    expect(log.money.charges.map(({ output }) => output.id)).toEqual(receipts);
    expect(log.money.charges[0]).toMatchObject({
      amount: PRICE,
      nodeAddress: nodeA.payment.address,
      vault: VAULT,
    });
    expect(log.money.charges.at(-1)?.charge.batch?.cumulative).toBe(String(3n * PRICE));
  });

  it('of a client that knows no orders, when the receipt names the payer', () => {
    const log = paidLog();
    log.charged(1, { ordered: false });
    expect(log.money.flawed).toEqual([]);
    expect(log.money.charges).toHaveLength(1);
  });

  it('PROTOCOL 7.1: of a version with weight in a decision that superseded the one ordered', () => {
    const log = paidLog();
    const before = log.log.timeline.registry.channels.get(channel)?.decisions.at(-1)?.id ?? '';
    log.log.decide({ [log.v2]: 10_000 });
    log.charged(1, { order: { target: bytes32Of(before) }, version: log.v2 });
    expect(log.money.flawed).toEqual([]);
  });

  it('of a pinned version', () => {
    const log = paidLog();
    const pin = { target: { pin: log.v2 } } as const;
    log.charged(1, { version: log.v2, receipt: pin, order: { channel: '', target: bytes32Of(log.v2) } });
    expect(log.money.flawed).toEqual([]);
  });
});

describe('a charge counts for nothing', () => {
  const bent: [string, string, Bend, Partial<Predicate<'charge'>>?][] = [
    [
      'amount',
      'it is not the receipt’s amount',
      {},
      { amount: String(PRICE + 1n), fee: String(feeOf(BOOK, PRICE + 1n)) },
    ],
    [
      'amount',
      'the usage does not cost that',
      { receipt: { amount: '5', usage: { inputBytes: '9999', outputBytes: '4', computeMicros: '1' } } },
      { amount: '5', fee: '0' },
    ],
    ['amount', 'the order allows less', { order: { maxAmount: '1029' } }],
    ['price', 'the fee is not that of the book', {}, { fee: '1' }],
    ['price', 'there is no such book', {}, { priceBook: 'e'.repeat(64) }],
    ['price', 'the book is for another network', {}, { network: 'eip155:1' }],
    ['payment-signature', 'the node did not sign for the amount', { receiptBy: other }],
    ['payer', 'it is another’s output', { ordered: false, client: other.address }],
    ['order', 'it is another request’s', { order: { requestId: 'another' } }],
    ['order', 'it is for other bytes', { order: { requestHash: bytes32Of('8'.repeat(64)) } }],
    ['order', 'it is at another price book', { order: { priceBook: bytes32Of('8'.repeat(64)) } }],
    ['order', 'it is for another payment channel', { order: { paymentChannel: ZERO_BYTES32 } }],
    ['order', 'another key signed it', { orderBy: other }],
    ['order', 'the charge leaves it out', {}, { order: undefined as never }],
    ['order-expired', 'the receipt came after it', { order: { deadline: '150' } }],
    [
      'voucher',
      'another key signed it',
      {},
      { batch: batchWith({ voucher: voucherOf(payer, 1_000_000n, other) }) },
    ],
    [
      'voucher',
      'it is of other terms',
      {},
      { batch: batchWith({ config: { ...configOf(payer), withdrawDelay: 900 } }) },
    ],
    ['beyond-voucher', 'it covers less', {}, { batch: batchWith({ voucher: voucherOf(payer, PRICE - 1n) }) }],
    ['cumulative', 'the sum is too high', {}, { batch: batchWith({ cumulative: String(PRICE + 1n) }) }],
    ['cumulative', 'the sum is too low', {}, { batch: batchWith({ cumulative: String(PRICE - 1n) }) }],
    ['times', 'the receipt says it was made an hour later', { receipt: { finished: 5_000_000 } }],
    [
      'times',
      'the receipt says it was accepted before the checkpoint it names',
      { receipt: { accepted: 1 } },
    ],
  ];

  function batchWith(
    more: Partial<NonNullable<Predicate<'charge'>['batch']>>,
  ): NonNullable<Predicate<'charge'>['batch']> {
    const own = paidLog().answer();
    const paymentChannel = own.order?.paymentChannel ?? '';
    return {
      paymentChannel,
      config: configOf(payer),
      voucher: voucherOf(payer, 1_000_000n),
      cumulative: String(PRICE),
      ...more,
    };
  }

  it.each(bent)('[%s] when %s', (flaw, _, bend, more) => {
    const log = paidLog();
    const answer = log.answer(bend);
    log.witness();
    // The order is named away where the case leaves it out; nothing is left undefined in a statement.
    const { order, ...rest } = { order: answer.order, ...more };
    log.charge({ ...answer, order }, rest);
    expect(log.money.flawed.map((found) => found.flaw)).toEqual([flaw]);
    expect(log.money.charges).toEqual([]);
  });

  it('[no-output] when there is no receipt', () => {
    const log = paidLog();
    const answer = log.answer();
    log.witness();
    log.charge({ ...answer, receipt: 'd'.repeat(64) });
    expect(log.money.flawed).toMatchObject([{ flaw: 'no-output' }]);
  });

  it('[not-witnessed] before a witnessed checkpoint covers the receipt', () => {
    const log = paidLog();
    log.charge(log.answer());
    expect(log.money.flawed).toMatchObject([{ flaw: 'not-witnessed' }]);
  });

  it('[double-charge] a second time, for the receipt or for the request, or after a release', () => {
    const log = paidLog();
    const first = log.answer();
    const failover = log.answer({
      receipt: { request: requestOf(log, first.receipt), attempt: 1 },
      ordered: false,
    });
    const let_go = log.answer();
    log.witness();
    log.charge(first);
    log.charge(first, { fee: '51' });
    log.charge(failover);
    log.log.add(gateway, 'release', {
      receipt: let_go.receipt,
      network: NETWORK,
      payer: payer.address,
      amount: '1',
      reason: 'not-chargeable',
    });
    log.charge(let_go);
    expect(log.money.charges).toHaveLength(1);
    expect(log.money.flawed.map(({ flaw }) => flaw)).toEqual(Array(3).fill('double-charge'));
  });

  it('[not-delivered] PROTOCOL 5.4: of two receipts for one request only the one that its gateway delivered', () => {
    const log = paidLog();
    const left = log.answer({ delivered: false });
    const given = log.twin(left);
    log.witness();
    log.charge(left);
    expect(log.money.flawed).toMatchObject([{ flaw: 'not-delivered', receipt: left.receipt }]);
    // What was ignored used nothing up: the sum on the payment channel begins with the one that counts.
    const honest = paidLog();
    const one = honest.answer({ delivered: false });
    const two = honest.twin(one);
    honest.witness();
    honest.charge(two);
    expect(honest.money.flawed).toEqual([]);
    honest.charge(one);
    expect(honest.money.flawed).toMatchObject([{ flaw: 'double-charge' }]);
    expect(given.receipt).not.toBe(left.receipt);
  });

  it('[not-delivered] what another gateway says of a delivery takes nothing away, and gives nothing', () => {
    const log = paidLog();
    log.log.join(stranger, ['gateway']);
    const answer = log.answer({ delivered: false });
    const twin = log.twin(answer, { delivered: false });
    log.deliver(twin.receipt, stranger);
    log.deliver(answer.receipt);
    log.witness();
    log.charge(answer);
    expect(log.money.flawed).toEqual([]);
  });

  it('[not-delivered] once the rules ask for it, also what nobody said was delivered; before, logs are read as they were', () => {
    const log = paidLog();
    const before = log.answer({ delivered: false });
    log.witness();
    log.charge(before);
    log.log.add(stranger, 'rules.activate', { rules: DELIVERED_RULES, nonce: '1'.repeat(32) });
    const still = log.answer({ delivered: false });
    log.witness();
    log.charge(still);
    expect(log.money.charges).toHaveLength(2);
    log.log.add(operator, 'rules.activate', { rules: DELIVERED_RULES, nonce: '2'.repeat(32) });
    const after = log.answer({ delivered: false });
    log.witness();
    log.charge(after);
    expect(log.money.flawed).toMatchObject([{ flaw: 'not-delivered', receipt: after.receipt }]);
    expect(log.money.charges).toHaveLength(2);
    const other = log.answer();
    expect(log.money.deliveredBy(other.receipt)).toEqual([gateway.keyId]);
  });

  it('[version] when it has no weight in the decision, or an older decision was obeyed than ordered', () => {
    const log = paidLog();
    const decisions = () => log.log.timeline.registry.channels.get(channel)?.decisions ?? [];
    const old = decisions().at(-1)?.id ?? '';
    const wrong = log.answer({ version: log.v2 });
    log.log.decide({ [log.v2]: 10_000 });
    const stale = log.answer({ receipt: { target: { channel, decision: old } } });
    const pinned = log.answer({
      receipt: { target: { pin: log.v2 } },
      order: { channel: '', target: bytes32Of(log.v2) },
    });
    log.witness();
    for (const answer of [wrong, stale, pinned]) log.charge(answer);
    expect(log.money.flawed.map(({ flaw }) => flaw)).toEqual(['version', 'version', 'version']);
  });

  it('by whoever is no gateway, and by another gateway than whose price it is', () => {
    const log = paidLog();
    log.log.join(stranger, ['gateway']);
    const answers = [log.answer(), log.answer()];
    log.witness();
    log.charge(answers[0]!, {}, agent);
    log.charge(answers[1]!, {}, stranger);
    expect(log.log.timeline.registry.ignored.at(-1)).toMatchObject({ kind: 'charge', reason: 'not-gateway' });
    expect(log.money.flawed).toMatchObject([{ flaw: 'price' }]);
  });
});

const requestOf = (log: PaidLog, receipt: string) => {
  const record = log.log.timeline.record(receipt);
  if (record?.kind !== 'output.receipt') throw new Error('no receipt');
  return record.predicate.request;
};

describe('a batch is a function of a log range', () => {
  it('its leaves prove, its credits are the total, the fees are the treasury’s', () => {
    const log = paidLog();
    log.charged(2);
    log.charged(3, { node: nodeB, payer: other });
    const content = batchContent(log.money, range(log, 1, 0));
    expect(content.charges).toHaveLength(5);
    expect(content.total).toBe(5n * PRICE);
    expect(content.credits.reduce((sum, { amount }) => sum + amount, 0n)).toBe(content.total);
    const fee = feeOf(BOOK, PRICE);
    expect(Object.fromEntries(content.credits.map(({ to, amount }) => [to, amount]))).toEqual({
      [nodeA.payment.address]: 2n * (PRICE - fee),
      [nodeB.payment.address]: 3n * (PRICE - fee),
      [TREASURY]: 5n * fee,
    });
    expect(content.credits.map(({ to }) => to)).toEqual(content.credits.map(({ to }) => to).toSorted());
    content.leaves.forEach((leaf, i) =>
      expect(verifyMerkleProof(evmBytes(content.root, 32), leaf, merkleProof(content.leaves, i))).toBe(true),
    );
    expect(content.channels.map(({ cumulative }) => cumulative)).toEqual([2n * PRICE, 3n * PRICE]);
  });

  it('ranges divide the charges, and the number is in every leaf', () => {
    const log = paidLog();
    log.charged(2);
    const middle = log.log.records.length;
    log.charged(1);
    expect(batchContent(log.money, range(log, 1, 0, middle)).charges).toHaveLength(2);
    const second = batchContent(log.money, range(log, 2, middle));
    expect(second.charges).toHaveLength(1);
    expect(second.channels[0]?.cumulative).toBe(3n * PRICE);
    expect(second.root).not.toBe(batchContent(log.money, range(log, 3, middle)).root);
  });

  it('without charges it has no root; charges for other vaults are not its own', () => {
    const log = paidLog();
    log.charged(1);
    const none = batchContent(log.money, { ...range(log, 1, 0), vault: `0x${'1'.repeat(40)}` });
    expect(none).toMatchObject({ root: ZERO_BYTES32, channelsRoot: ZERO_BYTES32, total: 0n, credits: [] });
  });

  it('exact payments are captured by id, and released ones go back', () => {
    const log = paidLog();
    const paid = log.answer({ order: { paymentChannel: ZERO_BYTES32 }, ordered: false });
    log.witness();
    const exact = { tx: `0x${'6'.repeat(64)}`, nonce: `0x${'5'.repeat(64)}`, value: '2000' };
    const id = log.log.add(gateway, 'charge', {
      receipt: paid.receipt,
      scheme: 'exact',
      network: NETWORK,
      payer: payer.address,
      amount: String(PRICE),
      fee: String(feeOf(BOOK, PRICE)),
      priceBook: log.book,
      exact,
    });
    log.log.add(gateway, 'release', {
      network: NETWORK,
      payer: payer.address,
      tx: exact.tx,
      amount: '2000',
      reason: 'no-output',
    });
    const content = batchContent(log.money, range(log, 1, 0));
    expect(content.charges.map((charge) => charge.id)).toEqual([id]);
    expect(content.captures).toEqual([{ id: heldPaymentId(payer.address, exact.nonce), amount: PRICE }]);
    expect(content.returns).toHaveLength(1);
  });
});

describe('a class refund is a function of an incident’s scope', () => {
  it('gives back what the affected outputs cost, exact to the unit, and nothing twice', () => {
    const log = paidLog();
    const good = log.charged(2);
    log.log.decide({ [log.v2]: 10_000 });
    log.witness();
    log.charged(2, { version: log.v2 });
    log.charged(1, { version: log.v2, payer: other });
    const { charges } = log.batched();
    expect(charges).toHaveLength(5);
    const late = log.charged(1, { version: log.v2 });
    const incident = log.log.add(owner, 'incident.open', {
      versions: [log.v2],
      from: 0,
      nonce: log.log.nonce(),
    });
    const size = log.witness();
    const of = {
      incident,
      size,
      network: NETWORK,
      vault: VAULT,
      settler: SETTLER,
      affected: affectedReceipts(log.log.timeline),
    };
    const refund = refundContent(log.money, of);
    expect(refund.charges.map(({ charge }) => good.includes(charge.output.id))).toEqual([
      false,
      false,
      false,
    ]);
    expect(Object.fromEntries(refund.payers.map((share) => [share.payer, share.amount]))).toEqual({
      [payer.address]: 2n * PRICE,
      [other.address]: PRICE,
    });
    expect(refund.total).toBe(3n * PRICE);
    expect(refund.leaves).toHaveLength(5);
    expect(refund.unposted.map(({ output }) => output.id)).toEqual(late);
    log.log.add(settler, 'refund', {
      incident,
      size: String(size),
      network: NETWORK,
      vault: VAULT,
      root: refund.root,
      count: '3',
      total: String(refund.total),
      shortfall: '0',
      txs: [`0x${'6'.repeat(64)}`],
    });
    const second = log.log.add(owner, 'incident.open', {
      versions: [log.v2],
      from: 0,
      nonce: log.log.nonce(),
    });
    const then = log.witness();
    const again = refundContent(log.money, { ...of, incident: second, size: then });
    expect(again.charges).toEqual([]);
    expect(again.root).toBe(ZERO_BYTES32);
  });
});

describe('an output without a charge', () => {
  it('is seen, and told from one that still waits', () => {
    const log = paidLog();
    const left = log.answer();
    const mine = log.answer();
    log.witness();
    log.charge(mine);
    const registry = log.log.timeline.registry;
    expect(uncharged(log.money, registry)).toMatchObject([
      { output: { id: left.receipt }, passedOver: false },
    ]);
    log.charged(1);
    expect(uncharged(log.money, registry)).toMatchObject([
      { output: { id: left.receipt }, passedOver: true },
    ]);
    log.log.add(gateway, 'release', {
      receipt: left.receipt,
      network: NETWORK,
      payer: payer.address,
      amount: '1',
      reason: 'not-chargeable',
    });
    expect(uncharged(log.money, registry)).toEqual([]);
  });
});

describe('prices', () => {
  it('the newest of a gateway for a model counts, as of a size', () => {
    const log = paidLog();
    const size = log.log.records.length;
    const dearer = log.log.add(gateway, 'price.publish', {
      ...BOOK,
      perRequest: '2000',
      nonce: '1'.repeat(32),
    });
    expect(log.money.prices.newest(gateway.keyId, BOOK.model)?.id).toBe(dearer);
    expect(log.money.prices.newest(gateway.keyId, BOOK.model, size)?.id).toBe(log.book);
    expect(log.money.prices.ofModel(BOOK.model)).toHaveLength(1);
    expect(log.money.prices.newest(stranger.keyId, BOOK.model)).toBeUndefined();
  });
});
