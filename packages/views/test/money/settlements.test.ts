/** Anybody may join as a settler; each has a say only over charges whose price names it. */
import type { Predicate } from '@assay/core';
import { ZERO_BYTES32 } from '@assay/core/money';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  affectedReceipts,
  batchContent,
  claimableUpTo,
  refundContent,
  type RefundedCharge,
  SHARE_WORDS,
  sharesOf,
} from '../../src/index.ts';
import { owner, person, settler } from '../support/log-builder.ts';
import { NETWORK, type PaidLog, paidLog, PRICE, SETTLER, TREASURY, VAULT } from './paid-log.ts';

const stranger = person('7');

function log(): PaidLog {
  const made = paidLog();
  made.log.join(stranger, ['settler']);
  return made;
}

const range = ({ log: { size } }: PaidLog, from = 0) => ({
  number: 1,
  network: NETWORK,
  vault: VAULT,
  settler: SETTLER,
  treasury: TREASURY,
  from,
  to: size,
});

const batch = ({ log: { size } }: PaidLog): Predicate<'batch'> => ({
  number: '1',
  network: NETWORK,
  vault: VAULT,
  from: '0',
  to: String(size),
  root: ZERO_BYTES32,
  count: '0',
  total: '0',
  channelsRoot: ZERO_BYTES32,
  treasury: TREASURY,
  credits: [],
  tx: ZERO_BYTES32,
});

const withhold = (made: PaidLog, receipts: string[], by = settler): string => {
  const charges = receipts.map((receipt) => made.money.chargeOf(receipt)?.id ?? receipt);
  return made.log.add(by, 'charge.withhold', { network: NETWORK, vault: VAULT, charges });
};

describe('who settles a charge', () => {
  it('is whom its price names: no other batch covers it, and no other’s range has it', () => {
    const made = log();
    const [receipt = ''] = made.charged(1);
    const charge = made.money.chargeOf(receipt)!;
    expect(charge.settler).toBe(SETTLER);
    made.log.add(stranger, 'batch', batch(made));
    expect(made.money.settlements.batchOf(charge)).toBeUndefined();
    const theirs = batchContent(made.money, { ...range(made), settler: stranger.payment.address });
    expect(theirs.charges).toEqual([]);
    made.log.add(settler, 'batch', batch(made));
    expect(made.money.settlements.batchOf(charge)?.settler).toBe(settler.keyId);
  });

  it('another’s refund takes nothing from those who are owed one', () => {
    const made = log();
    const receipts = made.charged(2);
    made.log.add(settler, 'batch', batch(made));
    const about = { versions: [made.v1], from: 0 };
    const [incident, false_] = ['1', '2'].map((digit) =>
      made.log.add(owner, 'incident.open', { ...about, nonce: digit.repeat(32) }),
    ) as [string, string];
    const size = made.witness();
    const said = { incident: false_, size: String(size), network: NETWORK, vault: VAULT };
    const rest = { root: ZERO_BYTES32, count: '0', total: '0', shortfall: '0', txs: [ZERO_BYTES32] };
    made.log.add(stranger, 'refund', { ...said, ...rest });
    const scope = { incident, network: NETWORK, vault: VAULT, settler: SETTLER };
    const of = () => ({ ...scope, size: made.witness(), affected: affectedReceipts(made.log.timeline) });
    const due = refundContent(made.money, of());
    expect(due.charges.map(({ charge }) => charge.output.id)).toEqual(receipts);
    made.log.add(settler, 'refund', { ...said, ...rest });
    expect(refundContent(made.money, of()).charges).toEqual([]);
  });
});

describe('a withheld charge', () => {
  it('stays out of its batch; those behind it on the channel may claim for themselves alone', () => {
    const made = log();
    const [first = '', second = '', third = ''] = made.charged(3);
    withhold(made, [second]);
    const { charges, channels, total } = batchContent(made.money, range(made));
    expect(charges.map(({ output }) => output.id)).toEqual([first, third]);
    expect(channels.map(({ cumulative }) => cumulative)).toEqual([2n * PRICE]);
    expect(total).toBe(2n * PRICE);
    expect(made.money.capturedOn(channels[0]!.paymentChannel)).toBe(3n * PRICE);
  });

  it('counts against those behind it alone, in whatever order charges are withheld', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5]), (which) => {
        const made = log();
        const receipts = made.charged(6);
        for (const each of which) withhold(made, [receipts[each] ?? '']);
        const charges = receipts.map((receipt) => made.money.chargeOf(receipt)!);
        for (const [i, charge] of charges.entries()) {
          const ahead = which.filter((each) => each < i).length;
          expect(claimableUpTo(made.money, charge)).toBe(BigInt(i + 1 - ahead) * PRICE);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is so only by its own settler, and only before its batch', () => {
    const made = log();
    const [one = '', two = ''] = made.charged(2);
    withhold(made, [one], stranger);
    expect(made.money.settlements.isWithheld(made.money.chargeOf(one)!)).toBe(false);
    made.log.add(settler, 'batch', batch(made));
    withhold(made, [one, two, 'f'.repeat(64)]);
    expect([...made.money.settlements.withheld]).toEqual([]);
  });

  it('is not given back: nothing was claimed for it', () => {
    const made = log();
    const [kept = '', gone = ''] = made.charged(2);
    withhold(made, [gone]);
    made.log.add(settler, 'batch', batch(made));
    const about = { versions: [made.v1], from: 0, nonce: '1'.repeat(32) };
    const incident = made.log.add(owner, 'incident.open', about);
    const due = refundContent(made.money, {
      incident,
      size: made.witness(),
      network: NETWORK,
      vault: VAULT,
      settler: SETTLER,
      affected: affectedReceipts(made.log.timeline),
    });
    expect(due.charges.map(({ charge }) => charge.output.id)).toEqual([kept]);
    expect(due.unposted).toEqual([]);
  });
});

/** The members that shares are made of. */
const refunded = fc
  .array(fc.record({ index: fc.integer({ min: 0, max: 60_000 }), payer: fc.constantFrom('0xa', '0xb') }), {
    maxLength: 200,
  })
  .map((list) =>
    list.map(({ index, payer }, i) => {
      const charge = { charge: { payer }, output: { index }, amount: BigInt(i + 1) };
      return { charge, batch: 1 } as unknown as RefundedCharge;
    }),
  );

describe('what a payer gets back', () => {
  it('comes in shares that one claim can take, a word of receipts in one of them, and is all of it', () => {
    fc.assert(
      fc.property(refunded, (charges) => {
        const all = sharesOf(charges);
        const words = all.map(({ payer, receipts }) =>
          Array.from(new Set(receipts.map((at) => `${payer} ${Math.floor(at / 256)}`))),
        );
        for (const share of words) expect(share.length).toBeLessThanOrEqual(SHARE_WORDS);
        expect(new Set(words.flat()).size).toBe(words.flat().length);
        for (const payer of ['0xa', '0xb']) {
          const own = charges.filter(({ charge }) => charge.charge.payer === payer);
          const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n);
          const given = all.filter((share) => share.payer === payer);
          expect(sum(given.map(({ amount }) => amount))).toBe(sum(own.map(({ charge }) => charge.amount)));
          const needed = new Set(own.map(({ charge }) => Math.floor(charge.output.index / 256))).size;
          expect(given.length).toBe(Math.ceil(needed / SHARE_WORDS));
        }
      }),
    );
  });
});
