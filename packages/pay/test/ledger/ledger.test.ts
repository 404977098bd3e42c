/** The ledger's rules, one test each. */
import { signStatement } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { identityOf } from '../../../core/test/identity.ts';
import { type HoldTerms, holdId, LedgerError, openLedger, type PaymentLedger } from '../../src/index.ts';
import { Disk } from '../../../../sim/money/disk.ts';

const PAYER = `0x${'d'.repeat(40)}`;
const CHANNEL = `0x${'3'.repeat(64)}`;
const { signer } = identityOf('1');
const NOW = 1_000;
const limits = { now: NOW, balance: 1_000_000n };
const config = {
  payer: PAYER,
  payerAuthorizer: `0x${'e'.repeat(40)}`,
  receiver: `0x${'b'.repeat(40)}`,
  receiverAuthorizer: `0x${'c'.repeat(40)}`,
  token: `0x${'a'.repeat(40)}`,
  withdrawDelay: 86_400,
  salt: `0x${'0'.repeat(64)}`,
};
const ORDER = {
  paymentChannel: CHANNEL,
  requestId: 'r',
  requestHash: `0x${'1'.repeat(64)}`,
  channel: '',
  target: `0x${'2'.repeat(64)}`,
  priceBook: `0x${'4'.repeat(64)}`,
  maxAmount: '100',
  deadline: '2000',
  signature: `0x${'ab'.repeat(64)}1b`,
  by: config.payerAuthorizer,
};

interface Asked {
  id: string;
  ceiling?: number;
  max?: number;
  hash?: string;
  deadline?: number;
  ordered?: boolean;
  payer?: string;
}

function terms({
  id,
  ceiling = 100,
  max = 100,
  hash = 'h',
  deadline = 2_000,
  ordered = true,
  payer = PAYER,
}: Asked): HoldTerms {
  return {
    ...common(id, payer),
    requestHash: hash,
    max: String(max),
    deadline,
    ...(ordered ? { order: { ...ORDER, requestId: id, hash: '5'.repeat(64) } } : {}),
    batch: {
      paymentChannel: CHANNEL,
      config,
      ceiling: String(ceiling),
      signature: `0x${String(ceiling).padStart(128, '0')}1b`,
    },
  };
}

const exactTerms = (id: string, nonce: string): HoldTerms => ({
  ...common(id, PAYER),
  requestHash: 'h',
  max: '100',
  deadline: 2_000,
  exact: { nonce, value: '100', validAfter: '0', validBefore: '3000', signature: '0x' },
});

const common = (requestId: string, payer: string) => ({
  id: holdId(payer, requestId),
  payer,
  requestId,
  network: 'eip155:31337',
  priceBook: '4'.repeat(64),
  feeBps: 500,
});

type Ledger = PaymentLedger<Uint8Array>;
const receiptOf = (id: string): string => Buffer.from(id).toString('hex').padEnd(64, '0');
const sign = (predicate: Parameters<Parameters<Ledger['capture']>[1]>[0]): Uint8Array =>
  signStatement('charge', predicate, signer);
const signRelease = (predicate: Parameters<Parameters<Ledger['release']>[2]>[0]): Uint8Array =>
  signStatement('release', predicate, signer);

const open = (disk: Disk<Uint8Array>, maxUnwitnessedExposure = 1_000_000n): Promise<Ledger> =>
  openLedger({ journal: disk.open(), events: disk.events, maxUnwitnessedExposure });

async function fresh(): Promise<{ disk: Disk<Uint8Array>; ledger: Ledger }> {
  const disk = new Disk<Uint8Array>();
  return { disk, ledger: await open(disk) };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return 'done';
}

/** Takes one request to `delivered`. */
async function delivered(ledger: Ledger, asked: Asked, amount: number): Promise<string> {
  const { hold } = await ledger.begin(terms(asked), limits);
  await ledger.deliver(hold.id, { receipt: receiptOf(asked.id), amount: BigInt(amount) });
  return hold.id;
}

describe('the way of a hold', () => {
  it('reserved, executing, delivered, captured: money is tied up, becomes the price, and is captured with its fee', async () => {
    const { ledger, disk } = await fresh();
    const { hold, mine } = await ledger.reserve(terms({ id: 'a' }), limits);
    expect([hold.state, mine, ledger.exposure, ledger.baseOf(CHANNEL)]).toEqual([
      'reserved',
      true,
      100n,
      100n,
    ]);
    await ledger.execute(hold.id);
    await ledger.deliver(hold.id, { receipt: receiptOf('a'), amount: 60n });
    expect([ledger.exposure, ledger.baseOf(CHANNEL)]).toEqual([60n, 60n]);
    const captured = await ledger.capture(hold.id, sign);
    expect(captured).toMatchObject({ state: 'captured', amount: '60', fee: '3', cumulative: '60' });
    expect([ledger.exposure, ledger.baseOf(CHANNEL)]).toEqual([0n, 60n]);
    expect(disk.carried).toHaveLength(1);
  });

  it('a release lowers the base of the next voucher', async () => {
    const { ledger } = await fresh();
    const id = await delivered(ledger, { id: 'a' }, 60);
    await ledger.release(id, 'not-chargeable', signRelease);
    expect([ledger.baseOf(CHANNEL), ledger.exposure]).toEqual([0n, 0n]);
    expect(await refusal(ledger.begin(terms({ id: 'b', ceiling: 100 }), limits))).toBe('done');
  });

  it('a release is said in the log when there is an output or money moved, and not before', async () => {
    const { ledger, disk } = await fresh();
    const { hold } = await ledger.reserve(terms({ id: 'a' }), limits);
    await ledger.release(hold.id, 'no-output', signRelease);
    expect(disk.carried).toHaveLength(0);
    const exact = await ledger.begin(exactTerms('x', 'n1'), limits);
    await ledger.paid(exact.hold.id, `0x${'6'.repeat(64)}`);
    await ledger.release(exact.hold.id, 'no-output', signRelease);
    expect(disk.carried).toHaveLength(1);
  });

  it('no step out of turn', async () => {
    const { ledger } = await fresh();
    const { hold } = await ledger.reserve(terms({ id: 'a' }), limits);
    expect(await refusal(ledger.deliver(hold.id, { receipt: receiptOf('a'), amount: 1n }))).toBe('state');
    expect(await refusal(ledger.capture(hold.id, sign))).toBe('state');
    expect(await refusal(ledger.refund(hold.id, 1n))).toBe('state');
    const id = await delivered(ledger, { id: 'b', ceiling: 200 }, 50);
    expect(await refusal(ledger.release(id, 'no-output', signRelease))).toBe('state');
    await ledger.capture(id, sign);
    expect(await refusal(ledger.capture(id, sign))).toBe('state');
    expect(await refusal(ledger.release(id, 'not-chargeable', signRelease))).toBe('state');
    expect(await refusal(ledger.refund(id, 51n))).toBe('amount');
    await ledger.refund(id, 50n);
    expect(await refusal(ledger.refund(id, 1n))).toBe('state');
    expect(await refusal(ledger.execute('nobody'))).toBe('unknown');
  });

  it('an output never costs more than was reserved', async () => {
    const { ledger } = await fresh();
    const { hold } = await ledger.begin(terms({ id: 'a' }), limits);
    expect(await refusal(ledger.deliver(hold.id, { receipt: receiptOf('a'), amount: 101n }))).toBe('amount');
    expect(await refusal(ledger.deliver(hold.id, { receipt: receiptOf('a'), amount: -1n }))).toBe('amount');
  });
});

describe('exactly once by payer and request id', () => {
  it('of ten at once one has the work; a retry gets what became of it; another use is a conflict', async () => {
    const { ledger } = await fresh();
    const tries = await Promise.all(
      Array.from({ length: 10 }, () => ledger.begin(terms({ id: 'a' }), limits)),
    );
    expect(tries.filter(({ mine }) => mine)).toHaveLength(1);
    expect(ledger.exposure).toBe(100n);
    await ledger.deliver(holdId(PAYER, 'a'), { receipt: receiptOf('a'), amount: 9n });
    const again = await ledger.begin(terms({ id: 'a' }), limits);
    expect(again).toMatchObject({ mine: false, hold: { state: 'delivered', receipt: receiptOf('a') } });
    expect(await refusal(ledger.begin(terms({ id: 'a', hash: 'other' }), limits))).toBe('conflict');
    const other = `0x${'9'.repeat(40)}`;
    expect(
      await refusal(ledger.begin(terms({ id: 'a', hash: 'other', payer: other, ceiling: 200 }), limits)),
    ).toBe('done');
  });

  it('whoever gives the work up leaves it to a retry', async () => {
    const { ledger } = await fresh();
    const { hold } = await ledger.begin(terms({ id: 'a' }), limits);
    expect((await ledger.begin(terms({ id: 'a' }), limits)).mine).toBe(false);
    ledger.abandon(hold.id);
    expect((await ledger.begin(terms({ id: 'a' }), limits)).mine).toBe(true);
  });

  it('an id under which nothing happened may be used again; one that expired is spent', async () => {
    const { ledger } = await fresh();
    const { hold } = await ledger.begin(terms({ id: 'a' }), limits);
    await ledger.release(hold.id, 'no-output', signRelease);
    expect((await ledger.begin(terms({ id: 'a', hash: 'other' }), limits)).mine).toBe(true);
    await ledger.expire(2_001, signRelease);
    expect(await refusal(ledger.begin(terms({ id: 'a', hash: 'other' }), limits))).toBe('spent');
  });

  it('an exact authorization pays one request', async () => {
    const { ledger } = await fresh();
    await ledger.begin(exactTerms('a', 'n1'), limits);
    expect(await refusal(ledger.begin(exactTerms('b', 'n1'), limits))).toBe('replayed');
    expect(await refusal(ledger.begin(exactTerms('b', 'n2'), limits))).toBe('done');
  });

  it('an exact payment whose money moved cannot begin again under its id', async () => {
    const { ledger } = await fresh();
    const { hold } = await ledger.begin(exactTerms('a', 'n1'), limits);
    await ledger.paid(hold.id, `0x${'6'.repeat(64)}`);
    await ledger.release(hold.id, 'no-output', signRelease);
    expect(await refusal(ledger.begin(exactTerms('a', 'n1'), limits))).toBe('spent');
  });
});

describe('parallel requests on one payment channel', () => {
  it('eight at once, each with a voucher one step higher, in any order of arrival', async () => {
    const { ledger } = await fresh();
    const steps = [5, 2, 8, 1, 7, 3, 6, 4];
    const codes = await Promise.all(
      steps.map((step) => refusal(ledger.begin(terms({ id: `r${step}`, ceiling: step * 100 }), limits))),
    );
    // The first voucher covers five; the third covers all.
    expect(codes.filter((code) => code === 'done')).toHaveLength(8);
    expect(ledger.baseOf(CHANNEL)).toBe(800n);
  });

  it('unspent headroom is used again, and not a unit more', async () => {
    const { ledger } = await fresh();
    for (let i = 0; i < 10; i++)
      await ledger.capture(await delivered(ledger, { id: `r${i}`, ceiling: 190 }, 10), sign);
    expect(await refusal(ledger.begin(terms({ id: 'last', ceiling: 190, max: 91 }), limits))).toBe('ceiling');
    expect(await refusal(ledger.begin(terms({ id: 'last', ceiling: 190, max: 90 }), limits))).toBe('done');
  });

  it('without an order only the own voucher serves: an old one spends nothing of a newer one', async () => {
    const { ledger } = await fresh();
    await ledger.capture(await delivered(ledger, { id: 'a', ceiling: 100, ordered: false }, 100), sign);
    await delivered(ledger, { id: 'b', ceiling: 1_000, ordered: false }, 10);
    expect(await refusal(ledger.begin(terms({ id: 'c', ceiling: 100, ordered: false }), limits))).toBe(
      'ceiling',
    );
    expect(await refusal(ledger.begin(terms({ id: 'd', ceiling: 100, ordered: true }), limits))).toBe('done');
  });

  it('no more than the payment channel holds, whatever was signed', async () => {
    const { ledger } = await fresh();
    const drained = { now: NOW, balance: 150n };
    expect(await refusal(ledger.begin(terms({ id: 'a', ceiling: 1_000 }), drained))).toBe('done');
    expect(await refusal(ledger.begin(terms({ id: 'b', ceiling: 1_000 }), drained))).toBe('balance');
  });
});

describe('PROTOCOL 4.3: without witnesses', () => {
  it('new holds stop at maxUnwitnessedExposure, over all payers, and go on after captures', async () => {
    const ledger = await open(new Disk(), 250n);
    const a = await delivered(ledger, { id: 'a', ceiling: 1_000 }, 100);
    await delivered(ledger, { id: 'b', ceiling: 1_000 }, 100);
    expect(await refusal(ledger.begin(terms({ id: 'c', ceiling: 1_000 }), limits))).toBe('exposure');
    await ledger.capture(a, sign);
    expect(await refusal(ledger.begin(terms({ id: 'c', ceiling: 1_000 }), limits))).toBe('done');
  });

  it('holds end at the deadline, and none begins after it', async () => {
    const { ledger, disk } = await fresh();
    await ledger.reserve(terms({ id: 'a', ceiling: 1_000 }), limits);
    await ledger.begin(terms({ id: 'b', ceiling: 1_000 }), limits);
    await delivered(ledger, { id: 'c', ceiling: 1_000 }, 10);
    await ledger.begin(terms({ id: 'd', ceiling: 1_000, deadline: 3_000 }), limits);
    expect(await ledger.expire(2_000, signRelease)).toHaveLength(0);
    expect(await ledger.expire(2_001, signRelease)).toHaveLength(3);
    expect(ledger.exposure).toBe(100n);
    expect(disk.carried).toHaveLength(1);
    expect(await refusal(ledger.begin(terms({ id: 'e', ceiling: 1_000 }), { ...limits, now: 2_001 }))).toBe(
      'expired',
    );
  });

  it('an output that comes after the end is kept, given again, and free', async () => {
    const { ledger } = await fresh();
    const { hold } = await ledger.begin(terms({ id: 'a' }), limits);
    await ledger.expire(2_001, signRelease);
    const late = await ledger.deliver(hold.id, { receipt: receiptOf('a'), amount: 10n });
    expect(late).toMatchObject({ state: 'released', receipt: receiptOf('a') });
    expect(await ledger.begin(terms({ id: 'a' }), limits)).toMatchObject({
      mine: false,
      hold: { state: 'released' },
    });
    expect(await refusal(ledger.capture(hold.id, sign))).toBe('state');
  });
});

describe('replay', () => {
  it('gives the same books, and the work of the dead to a retry', async () => {
    const { disk, ledger } = await fresh();
    await ledger.capture(await delivered(ledger, { id: 'a', ceiling: 500 }, 30), sign);
    await delivered(ledger, { id: 'b', ceiling: 500 }, 40);
    await ledger.begin(terms({ id: 'c', ceiling: 500 }), limits);
    const again = await open(disk);
    expect(Array.from(again.holds())).toEqual(Array.from(ledger.holds()));
    expect([again.exposure, again.baseOf(CHANNEL)]).toEqual([140n, 170n]);
    expect((await again.begin(terms({ id: 'c', ceiling: 500 }), limits)).mine).toBe(true);
  });

  it('from a snapshot alone, with everything before it gone', async () => {
    const { disk, ledger } = await fresh();
    await ledger.capture(await delivered(ledger, { id: 'a', ceiling: 500, deadline: 1_500 }, 30), sign);
    await delivered(ledger, { id: 'b', ceiling: 500 }, 40);
    await ledger.compact(1_600);
    const kept = new Disk<Uint8Array>();
    kept.events.push(...disk.events.slice(disk.events.findIndex(({ kind }) => kind === 'snapshot')));
    const again = await open(kept);
    expect(again.baseOf(CHANNEL)).toBe(70n);
    expect(again.hold(holdId(PAYER, 'a'))).toBeUndefined();
    expect(again.channel(CHANNEL)?.ceiling).toBe(500n);
    await again.capture(holdId(PAYER, 'b'), sign);
    expect(again.channel(CHANNEL)?.captured).toBe(70n);
  });

  it('refuses a journal that tells what cannot have happened', async () => {
    const disk = new Disk<Uint8Array>();
    disk.events.push({ kind: 'captured', id: 'x', fee: '0', epoch: 1 });
    expect(await refusal(open(disk))).toBe('corrupt');
  });
});

describe('one writer', () => {
  it('a later epoch fences the earlier one off, and what it still writes counts for nothing', async () => {
    const { disk, ledger } = await fresh();
    await ledger.begin(terms({ id: 'a', ceiling: 500 }), limits);
    const next = await open(disk);
    expect(await refusal(ledger.begin(terms({ id: 'b', ceiling: 500 }), limits))).toBe('fenced');
    expect(await refusal(ledger.begin(terms({ id: 'c', ceiling: 500 }), limits))).toBe('fenced');
    // A journal that could not refuse it would hold the event; replay passes it over.
    disk.events.push({ kind: 'executing', id: 'nobody', epoch: 1 });
    const after = await open(disk);
    expect(after.exposure).toBe(next.exposure);
  });

  it('an output that comes before its reservation is durable stands behind it in the journal', async () => {
    const { disk, ledger } = await fresh();
    const begun = ledger.begin(terms({ id: 'a' }), limits);
    const id = holdId(PAYER, 'a');
    const delivered = ledger.deliver(id, { receipt: receiptOf('a'), amount: 60n });
    expect((await begun).mine).toBe(true);
    expect((await delivered).state).toBe('delivered');
    const kinds = disk.events.map(({ kind }) => kind);
    expect(kinds.slice(kinds.indexOf('reserved'))).toEqual(['reserved', 'executing', 'delivered']);
    expect((await open(disk)).hold(id)).toMatchObject({ state: 'delivered', amount: '60' });
  });

  it('nobody is told of an output before it is durable', async () => {
    const { disk, ledger } = await fresh();
    const { hold } = await ledger.begin(terms({ id: 'a' }), limits);
    disk.fault = () => 'lost';
    const delivery = refusal(ledger.deliver(hold.id, { receipt: receiptOf('a'), amount: 10n }));
    const retry = refusal(ledger.begin(terms({ id: 'a' }), limits));
    expect(await Promise.all([delivery, retry])).toEqual(['broken', 'broken']);
    disk.fault = () => undefined;
    expect((await open(disk)).hold(hold.id)?.state).toBe('executing');
  });

  it('after a failed write nothing is promised any more', async () => {
    const { disk, ledger } = await fresh();
    disk.fault = () => 'lost';
    expect(await refusal(ledger.begin(terms({ id: 'a' }), limits))).toBe('broken');
    disk.fault = () => undefined;
    expect(await refusal(ledger.begin(terms({ id: 'b' }), limits))).toBe('broken');
    expect((await open(disk)).exposure).toBe(0n);
  });
});
