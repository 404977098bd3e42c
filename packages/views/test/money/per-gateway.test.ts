/** Each gateway for itself: what another says, whoever it is, takes nothing from a gateway (specs/payments.md). */
import { hex, type Predicate, utf8 } from '@assay/core';
import { bytes32Of, feeOf, paymentChannelId } from '@assay/core/money';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargedTwice, DELIVERED_RULES, PER_GATEWAY_RULES, uncharged } from '../../src/index.ts';
import { gateway, operator, person, type Person, stranger } from '../support/log-builder.ts';
import {
  type Bend,
  BOOK,
  CHAIN,
  configOf,
  NETWORK,
  type PaidAnswer,
  type PaidLog,
  paidLog,
  payer,
  PRICE,
  session,
  voucherOf,
} from './paid-log.ts';

/** A payment channel's salt that makes it a gateway's own. */
const saltOf = ({ keyId }: Person): string => bytes32Of(keyId.slice('ed25519:'.length));

interface Two {
  readonly log: PaidLog;
  /** How to ask each gateway. */
  readonly a: Bend;
  readonly b: Bend;
}

/** Two gateways with a price each, and the rules that are in force. */
function two(...rules: readonly string[]): Two {
  const log = paidLog();
  log.log.join(stranger, ['gateway']);
  const book = log.log.add(stranger, 'price.publish', { ...BOOK, nonce: '5'.repeat(32) });
  for (const each of rules) activate(log, each);
  return {
    log,
    a: { gateway, salt: saltOf(gateway) },
    b: { gateway: stranger, book, salt: saltOf(stranger) },
  };
}

const activate = (log: PaidLog, rules: string, by = operator): string =>
  log.log.add(by, 'rules.activate', { rules, nonce: log.log.nonce() });

const release = (log: PaidLog, { receipt }: PaidAnswer, by: Person): string =>
  log.log.add(by, 'release', {
    receipt,
    network: NETWORK,
    payer: payer.address,
    amount: '1',
    reason: 'not-chargeable',
  });

const channelOf = ({ payer: by, salt }: PaidAnswer): string => paymentChannelId(configOf(by, salt), CHAIN);

/** What pays for an answer, with the sum that its gateway has on the payment channel after it. */
const batchOf = (answer: PaidAnswer, cumulative: bigint): NonNullable<Predicate<'charge'>['batch']> => ({
  paymentChannel: channelOf(answer),
  config: configOf(answer.payer, answer.salt),
  voucher: voucherOf(answer.payer, 1_000_000n, session, answer.salt),
  cumulative: String(cumulative),
});

const flaws = ({ money }: PaidLog): string[] => money.flawed.map(({ flaw }) => flaw);

describe('money rules 3: a request is ended by each gateway for itself', () => {
  it('two gateways that were both ordered to answer a request are both paid, and the audit can tell', () => {
    const { log, a, b } = two(PER_GATEWAY_RULES);
    const [one, other] = [log.answer({ ...a, requestId: 'once' }), log.answer({ ...b, requestId: 'once' })];
    log.witness();
    log.charge(other);
    log.charge(one);
    // What came later on either payment channel counts as well: nobody's sums are broken.
    for (const bend of [a, b]) log.charged(1, bend);
    expect(log.money.flawed).toEqual([]);
    expect(log.money.charges).toHaveLength(4);
    expect(chargedTwice(log.money)).toMatchObject([
      {
        payer: payer.address,
        request: 'once',
        charges: [{ gateway: stranger.keyId }, { gateway: gateway.keyId }],
      },
    ]);
  });

  it('[double-charge] one gateway charges a request once, also after it rotated its key', () => {
    const { log, a } = two(PER_GATEWAY_RULES);
    const first = log.answer({ ...a, requestId: 'once' });
    const again = log.answer({ ...a, requestId: 'once', ordered: false, receipt: { attempt: 1 } });
    log.witness();
    log.charge(first);
    const next = person('c');
    const proof = hex(next.signBytes(utf8(gateway.keyId)));
    log.log.add(gateway, 'key.rotate', { to: next.keyId, proof });
    log.charge(again, {}, next);
    expect(flaws(log)).toEqual(['double-charge']);
    expect(chargedTwice(log.money)).toEqual([]);
  });

  it('PROTOCOL 4.6: what the older rules judged stays, and a request that was charged under them stays charged', () => {
    const { log, a, b } = two(DELIVERED_RULES);
    const old = { requestId: 'old' };
    const [first, second] = [log.answer({ ...a, ...old }), log.answer({ ...b, ...old })];
    log.witness();
    log.charge(first);
    log.charge(second);
    expect(flaws(log)).toEqual(['double-charge']);
    // Only the log's own key changes the rules.
    activate(log, PER_GATEWAY_RULES, stranger);
    const third = log.answer({ ...b, requestId: 'old' });
    log.witness();
    log.charge(third);
    expect(flaws(log)).toEqual(['double-charge', 'double-charge']);
    const before = [...log.money.flawed];
    activate(log, PER_GATEWAY_RULES);
    // Older rules do not come back.
    activate(log, DELIVERED_RULES);
    expect(log.money.flawed).toEqual(before);
    const mine = log.answer({ ...a, ...old });
    log.witness();
    log.charge(mine);
    // What was ignored is ignored for good; who wants to be paid now says so now.
    const voucher = voucherOf(payer, 900_000n, session, second.salt);
    log.charge(second, { batch: { ...batchOf(second, PRICE), voucher } });
    expect(flaws(log).slice(2)).toEqual(['double-charge']);
    expect(log.money.charges.map((charge) => charge.gateway)).toEqual([gateway.keyId, stranger.keyId]);
  });

  it('contains the rules before it: without a delivery nothing is charged', () => {
    const { log, a } = two(PER_GATEWAY_RULES);
    const answer = log.answer({ ...a, delivered: false });
    log.witness();
    log.charge(answer);
    expect(flaws(log)).toEqual(['not-delivered']);
  });

  it('an output is uncharged until its own gateway ended it, whatever another says of it', () => {
    const { log, a, b } = two(PER_GATEWAY_RULES);
    const [left, ended] = [log.answer({ ...a, requestId: 'r' }), log.answer({ ...b, requestId: 'r' })];
    log.witness();
    log.charge(ended);
    const open = () => uncharged(log.money, log.log.timeline.registry).map(({ output }) => output.id);
    expect(open()).toEqual([left.receipt]);
    release(log, left, stranger);
    expect(open()).toEqual([left.receipt]);
    // That another claims to have delivered it, and goes on to later ones, makes nobody late.
    log.deliver(left.receipt, stranger);
    log.charged(1, b);
    expect(uncharged(log.money, log.log.timeline.registry).filter(({ passedOver }) => passedOver)).toEqual(
      [],
    );
    release(log, left, gateway);
    expect(open()).toEqual([]);
  });
});

describe('money rules 3: a payment channel is one gateway’s', () => {
  it('[voucher] whose key is its salt: another charges nothing on it, though the payer signed', () => {
    const { log, a, b } = two(PER_GATEWAY_RULES);
    // The payer runs the other gateway as well, and signs it whatever it asks for.
    const planted = log.answer({ ...b, salt: a.salt! });
    const honest = log.answer(a);
    log.witness();
    log.charge(planted, { batch: batchOf(planted, PRICE) });
    log.charge(honest, { batch: batchOf(honest, PRICE) });
    expect(flaws(log)).toEqual(['voucher']);
    expect(log.money.charges.map((charge) => charge.gateway)).toEqual([gateway.keyId]);
  });

  it('[voucher] else of whoever charged it first; a charge that does not count takes none', () => {
    const { log, a, b } = two(PER_GATEWAY_RULES);
    const { salt: _, ...atA } = a;
    const { salt: __, ...atB } = b;
    const forged = log.answer({ ...atB, orderBy: payer });
    const mine = log.answer(atA);
    const theirs = log.answer(atB);
    log.witness();
    log.charge(forged, { batch: batchOf(forged, PRICE) });
    log.charge(mine, { batch: batchOf(mine, PRICE) });
    log.charge(theirs, { batch: batchOf(theirs, 2n * PRICE) });
    expect(flaws(log)).toEqual(['order', 'voucher']);
  });

  it('[exact-value] and an exact payment pays once; another that charges it first takes nothing of it here', () => {
    const { log, a, b } = two(PER_GATEWAY_RULES);
    const [answer, later] = [log.answer({ ...a, ordered: false }), log.answer({ ...a, ordered: false })];
    log.witness();
    const exact = { tx: `0x${'6'.repeat(64)}`, nonce: `0x${'5'.repeat(64)}`, value: '2000' };
    const charge = (by: Person, priceBook: string, { receipt } = answer) =>
      log.log.add(by, 'charge', {
        receipt,
        scheme: 'exact',
        network: NETWORK,
        payer: payer.address,
        amount: String(PRICE),
        fee: String(feeOf(BOOK, PRICE)),
        priceBook,
        exact,
      });
    // Which of the two brought the payment stands on the chain, where the settler looks.
    log.deliver(answer.receipt, stranger);
    charge(stranger, b.book!);
    charge(gateway, log.book);
    expect(flaws(log)).toEqual([]);
    charge(gateway, log.book, later);
    expect(flaws(log)).toEqual(['exact-value']);
  });
});

/** What another gateway may say while an honest one works; the payer signs it whatever it wants. */
const MISCHIEF = ['charge', 'charge-theirs', 'release-theirs', 'deliver-theirs', 'on-their-channel'] as const;

describe('whatever another gateway says, in whatever order', () => {
  it('every charge of an honest gateway counts, and its sums hold', () => {
    const step = fc.constantFrom('answer', 'capture', ...MISCHIEF);
    const property = fc.property(fc.array(step, { minLength: 4, maxLength: 14 }), (steps) => {
      const { log, a, b } = two(PER_GATEWAY_RULES);
      const answered: PaidAnswer[] = [];
      let captured = 0;
      const capture = (): void => {
        const answer = answered[captured];
        if (answer === undefined) return;
        log.witness();
        captured += 1;
        log.charge(answer, { batch: batchOf(answer, BigInt(captured) * PRICE) });
      };
      for (const [i, each] of steps.entries()) {
        const target = answered.at(-1);
        if (each === 'answer') answered.push(log.answer({ ...a, requestId: `r${i}` }));
        else if (each === 'capture') capture();
        else if (target !== undefined) mischief(log, each, { target, b });
      }
      while (captured < answered.length) capture();
      const own = log.money.charges.filter((charge) => charge.gateway === gateway.keyId);
      expect(own.map(({ output }) => output.id)).toEqual(answered.map(({ receipt }) => receipt));
      expect(log.money.flawed.filter((charge) => charge.gateway === gateway.keyId)).toEqual([]);
    });
    fc.assert(property, { numRuns: 25 });
  }, 120_000);
});

function mischief(
  log: PaidLog,
  how: (typeof MISCHIEF)[number],
  { target, b }: { readonly target: PaidAnswer; readonly b: Bend },
): void {
  const requestId = target.order?.requestId ?? '';
  if (how === 'release-theirs') release(log, target, stranger);
  else if (how === 'deliver-theirs') log.deliver(target.receipt, stranger);
  else if (how === 'charge-theirs') {
    log.witness();
    const { order: _, ...rest } = target;
    const theirs = { ...rest, order: undefined, gateway: stranger, book: b.book!, salt: b.salt! };
    log.charge(theirs, { batch: batchOf(theirs, log.money.capturedOn(channelOf(theirs)) + PRICE) });
  } else {
    const answer = log.answer({
      ...b,
      requestId,
      ...(how === 'on-their-channel' ? { salt: target.salt } : {}),
    });
    log.witness();
    log.charge(answer, { batch: batchOf(answer, log.money.capturedOn(channelOf(answer)) + PRICE) });
  }
}
