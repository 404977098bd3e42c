/** A settler among participants who say what they like: anybody may join, so nobody's word may stop it or move what is another's. */
import { randomBytes, systemClock } from '@assay/core';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '../../src/serving/index.ts';
import { startSettler } from '../../src/settler/start.ts';
import { askRefund } from './support/ask-settler.ts';
import { MoneyLab, NETWORK, type Payer, VAULT } from './support/money-lab.ts';

const ZERO = `0x${'0'.repeat(64)}`;

let lab: MoneyLab;
let service: RunningService;
let alice: Payer;

beforeAll(async () => {
  lab = await MoneyLab.start();
  await lab.joins('mallory', 'settler');
  await lab.joins('eve', 'gateway');
  const outside = { clock: systemClock, entropy: { bytes: randomBytes }, log: pino({ level: 'silent' }) };
  service = await startSettler(lab.settlerConfig(), outside);
  alice = await lab.payer(101, 1_000_000n);
}, 240_000);

afterAll(async () => {
  await service?.stop();
  await lab?.stop();
}, 60_000);

const withheld = (): string[] => lab.withheld;

/** Everything charged so far is in batches or withheld, and the vault owes exactly what it has. */
async function settled(): Promise<void> {
  await lab.until(() => lab.unsettled === 0, 'settled');
  expect((await lab.reads.state()).unallocated).toBe(0n);
}

const exactCharge = (
  by: string,
  receipt: string,
  paid: { payer: string; tx: string; nonce: string },
  priceBook = lab.book,
) =>
  lab.say(by, 'charge', {
    receipt,
    scheme: 'exact',
    network: NETWORK,
    payer: paid.payer,
    amount: String(lab.price),
    fee: String((lab.price * 500n) / 10_000n),
    priceBook,
    exact: { tx: paid.tx, nonce: paid.nonce, value: String(lab.price) },
  });

describe('charges whose money is not there', () => {
  it('on a payment channel that was never funded: withheld in the log, and everybody else is settled', async () => {
    const nobody = lab.penniless(102);
    const [, unfunded] = await lab.charged(alice, nobody, alice);
    await settled();
    expect(withheld()).toEqual([unfunded]);
    expect(lab.books.money.charges.length).toBe(3);
  });

  it('on one that holds less than was captured: what it holds pays whole charges, and nothing is claimed beyond them', async () => {
    const scarce = await lab.payer(108, (3n * lab.price) / 2n);
    const [first, second] = await lab.charged(scarce, scarce);
    await settled();
    expect(withheld()).not.toContain(first);
    expect(withheld()).toContain(second);
    expect((await lab.channel(scarce)).totalClaimed).toBe(lab.price);
  });

  it('on a payment channel that somebody else alone may claim on: no claim of others falls with it', async () => {
    const theirs = await lab.payer(103, 100_000n, {
      receiverAuthorizer: lab.address('eve') as `0x${string}`,
    });
    const [unclaimable] = await lab.charged(theirs, alice);
    await settled();
    expect(withheld()).toContain(unclaimable);
  });

  it('an exact payment that nobody made, and one that another gateway brought', async () => {
    const paid = await lab.exact(104, lab.price);
    const invented = { payer: alice.address, tx: `0x${'9'.repeat(64)}`, nonce: `0x${'8'.repeat(64)}` };
    const receipts = [
      await lab.exactAnswer(invented.payer),
      await lab.exactAnswer(paid.payer),
      await lab.exactAnswer(paid.payer),
    ] as const;
    const theirs = await lab.publishPrice('eve');
    await lab.say('eve', 'request.deliver', { receipt: receipts[1], bytesSent: '4' });
    await lab.witnessed();
    await exactCharge('gateway', receipts[0], invented);
    // One that it did make itself proves nothing of this one.
    const { tx } = await lab.exact(107, 1n, 'eve');
    await exactCharge('eve', receipts[1], { ...paid, tx }, theirs);
    await exactCharge('gateway', receipts[2], paid);
    expect(lab.books.money.flawed).toEqual([]);
    await settled();
    expect(withheld()).toContain(receipts[0]);
    expect(withheld()).toContain(receipts[1]);
    expect(withheld()).not.toContain(receipts[2]);
  });

  it('what is withheld is not captured: a later charge on the channel claims for itself alone', async () => {
    const late = lab.penniless(105);
    const [unpaid] = await lab.charged(late);
    await settled();
    expect(withheld()).toContain(unpaid);
    const funded = await lab.payer(105, 100_000n);
    funded.cumulative = late.cumulative;
    const [paid] = await lab.charged(funded);
    await settled();
    expect(withheld()).not.toContain(paid);
    const { totalClaimed } = await lab.channel(funded);
    expect(totalClaimed).toBe(lab.price);
  });
});

describe('statements of others', () => {
  it('PROTOCOL 7.2: a release returns an exact payment only where its own gateway brought it', async () => {
    const paid = await lab.exact(106, lab.price);
    await lab.say('eve', 'release', {
      network: NETWORK,
      payer: paid.payer,
      tx: paid.tx,
      amount: String(lab.price),
      reason: 'no-output',
    });
    const receipt = await lab.exactAnswer(paid.payer);
    await lab.witnessed();
    await lab.charged(alice);
    await settled();
    expect(await lab.balanceOf(paid.payer)).toBe(0n);
    await exactCharge('gateway', receipt, paid);
    await settled();
    expect(withheld()).not.toContain(receipt);
  });

  it('a batch that another settler says it posted hides none of this one', async () => {
    await lab.say('mallory', 'batch', {
      number: '1000',
      network: NETWORK,
      vault: VAULT,
      from: '0',
      to: '1000000',
      root: ZERO,
      count: '0',
      total: '0',
      channelsRoot: ZERO,
      treasury: lab.address('mallory'),
      credits: [],
      tx: ZERO,
    });
    const before = lab.books.money.batches.length;
    await lab.charged(alice);
    await settled();
    expect(lab.books.money.batches.length).toBeGreaterThan(before);
  });

  it('what another settler withholds is settled all the same', async () => {
    const [receipt] = await lab.charged(alice);
    const { id } = lab.books.money.chargeOf(receipt!)!;
    await lab.say('mallory', 'charge.withhold', { network: NETWORK, vault: VAULT, charges: [id] });
    await settled();
    expect(withheld()).not.toContain(receipt);
  });

  it('PROTOCOL 7.6: a refund that another settler says it made keeps no payer from getting its own', async () => {
    await settled();
    const incident = await lab.incident();
    await lab.witnessed();
    const size = lab.books.timeline.witnessedSize;
    await lab.say('mallory', 'refund', {
      incident,
      size: String(size),
      network: NETWORK,
      vault: VAULT,
      root: ZERO,
      count: '0',
      total: '0',
      shortfall: '0',
      txs: [ZERO],
    });
    await lab.witnessed();
    const before = await lab.balanceOf(alice.address);
    const { keyId, listening } = service.ready as { keyId: string; listening: string };
    const asked = await askRefund({ url: listening, keyId }, lab, incident);
    expect(asked.status).toBe(200);
    const own = lab.books.money.charges.filter(
      ({ charge, output }) => charge.payer === alice.address && !withheld().includes(output.id),
    );
    expect(own.length).toBeGreaterThan(3);
    const owed = own.reduce((sum, { amount }) => sum + amount, 0n);
    expect((await lab.balanceOf(alice.address)) - before).toBe(owed);
  });
});
