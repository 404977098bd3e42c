/** An auditor with the log and the chain alone finds every planted fault of money, each by its code, and nothing else. */
import type { Predicate } from '@assay/core';
import { bytes32Of, refundId, ZERO_BYTES32 } from '@assay/core/money';
import { affectedReceipts, batchContent, PER_GATEWAY_RULES, refundContent } from '@assay/views';
import { describe, expect, it } from 'vitest';
import {
  BOOK,
  NETWORK,
  type PaidLog,
  payer,
  PRICE,
  SETTLER,
  TREASURY,
  VAULT,
  voucherOf,
} from '../../../views/test/money/paid-log.ts';
import { operator, owner, person, settler, stranger } from '../../../views/test/support/log-builder.ts';
import {
  auditLog,
  type ChainBatch,
  type ChainRefund,
  type ExecutedRefund,
  type MoneyAudit,
  type MoneyChain,
} from '../../src/index.ts';
import { curve, type RealHost, paidRealLog } from '../support/paid-real-log.ts';
import { NOW, readerOf, trust } from '../support/real-log.ts';

type Log = PaidLog<RealHost>;

const NO_REFUND: ChainRefund = { state: 'none', root: ZERO_BYTES32, total: 0n, funded: 0n, paid: 0n };

/** A chain that holds what it is given. */
class FakeChain implements MoneyChain {
  readonly network = NETWORK;
  readonly batches: ChainBatch[] = [];
  readonly claims = new Map<string, bigint>();
  credited = new Map<string, bigint>();
  payee: string = TREASURY;
  batchCount = async (): Promise<number> => this.batches.length;
  covered = 0;
  coveredTo = async (): Promise<number> => this.covered;
  batch = async (_: string, number: number): Promise<ChainBatch> => this.batches[number - 1] as ChainBatch;
  credit = async (_: string, __: number, account: string): Promise<bigint> =>
    this.credited.get(account) ?? 0n;
  settler = async (): Promise<string> => SETTLER;
  treasury = async (): Promise<string> => this.payee;
  readonly refunds = new Map<string, ChainRefund>();
  readonly given = new Set<number>();
  executedAt = NOW;
  refund = async (_: string, name: string): Promise<ChainRefund> => this.refunds.get(name) ?? NO_REFUND;
  executedRefunds = async (): Promise<ExecutedRefund[]> =>
    Array.from(this.refunds)
      .filter(([, { state }]) => state === 'executed')
      .map(([refund]) => ({ refund, at: this.executedAt }));
  readonly stopped = new Map<string, string[]>();
  vetoes = async (_: string, name: string): Promise<string[]> => this.stopped.get(name) ?? [];
  isRefunded = async (_: string, receipt: number): Promise<boolean> => this.given.has(receipt);
  claimed = async (channel: string): Promise<bigint> => this.claims.get(channel) ?? 0n;
}

/** Posts a batch over everything since the last one, on the chain and in the log; `more` bends what is logged. */
function post(log: Log, chain: FakeChain, more: Partial<Predicate<'batch'>> = {}): void {
  const to = log.log.size;
  const content = log.batched(more);
  const { root, channelsRoot, total, charges, credits, channels } = content;
  chain.batches.push({ root, channelsRoot, total, count: charges.length });
  chain.covered = to;
  for (const { to, amount } of credits) chain.credited.set(to, amount);
  for (const { paymentChannel, cumulative } of channels) chain.claims.set(paymentChannel, cumulative);
}

/** Two charges, posted and given back but for `shortfall`, on the chain and in the log; `more` bends what is logged. */
function refunded(
  log: Log,
  chain: FakeChain,
  shortfall: bigint,
  more: Partial<Predicate<'refund'>> = {},
): string {
  log.charged(2);
  post(log, chain);
  const about = { versions: [log.v1], from: 0, nonce: '7'.repeat(32) };
  const incident = log.log.add(owner, 'incident.open', about);
  const size = log.witness();
  const of = { incident, size, network: NETWORK, vault: VAULT };
  const due = refundContent(log.money, {
    ...of,
    settler: SETTLER,
    affected: affectedReceipts(log.log.timeline),
  });
  expect(due.charges).toHaveLength(2);
  const { root, total, payers } = due;
  const funded = total - shortfall;
  const paid = payers.reduce((sum, { amount }) => sum + (amount * funded) / total, 0n);
  chain.refunds.set(refundId(incident, 1), { state: 'executed', root, total, funded, paid });
  for (const { charge } of due.charges) chain.given.add(charge.output.index);
  log.log.add(settler, 'refund', {
    ...of,
    size: String(size),
    root,
    count: '2',
    total: String(total),
    shortfall: String(shortfall),
    txs: [`0x${'6'.repeat(64)}`],
    ...more,
  });
  return refundId(incident, 1);
}

async function audit(log: Log, chain: FakeChain | undefined, more: Partial<MoneyAudit> = {}) {
  log.witness();
  const money = {
    chains: chain === undefined ? [] : [chain],
    judgedAt: NOW,
    graceSeconds: 1_000_000,
    curve,
    ...more,
  };
  return auditLog(readerOf(log.log.real.files()), trust, { money });
}

const codes = async (
  log: Log,
  chain: FakeChain | undefined = new FakeChain(),
  more: Partial<MoneyAudit> = {},
) => [...(await audit(log, chain, more)).counts.keys()];

describe('money as it is', () => {
  it('is clean: every charge has its output, every output its charge, every batch its charges, on the log and the chain', async () => {
    const [log, chain] = [paidRealLog(), new FakeChain()];
    log.charged(3);
    post(log, chain);
    log.charged(2, { ordered: false });
    post(log, chain);
    const report = await audit(log, chain);
    expect(report.findings.map(String)).toEqual([]);
    expect(report.verdict).toBe('clean');
    expect(report.money).toMatchObject({ charges: 5, batches: 2, chains: [NETWORK] });
    expect(report.money?.charged.get(NETWORK)).toBe(5n * PRICE);
  });

  it('is clean, and tells it, when a payer ordered a request from two gateways and both charged it', async () => {
    const [log, chain] = [paidRealLog(), new FakeChain()];
    log.log.join(stranger, ['gateway']);
    const nonce = '5'.repeat(32);
    log.log.add(operator, 'rules.activate', { rules: PER_GATEWAY_RULES, nonce });
    const book = log.log.add(stranger, 'price.publish', { ...BOOK, nonce });
    const once = { requestId: 'once' };
    const salt = bytes32Of(stranger.keyId.slice('ed25519:'.length));
    const answers = [log.answer(once), log.answer({ ...once, gateway: stranger, book, salt })];
    log.witness();
    for (const answer of answers) log.charge(answer);
    post(log, chain);
    const report = await audit(log, chain);
    expect(report.findings.map(String)).toEqual([]);
    expect(report.verdict).toBe('clean');
    expect(report.money?.chargedTwice).toMatchObject([
      { payer: payer.address, request: 'once', charges: [{ amount: PRICE }, { gateway: stranger.keyId }] },
    ]);
  });

  it('cannot tell without the chain', async () => {
    const log = paidRealLog();
    log.charged(1);
    const report = await audit(log, undefined);
    expect([...report.counts.keys()]).toEqual(['chain-unread']);
    expect(report.verdict).toBe('incomplete');
  });

  it('is not looked at unless asked for', async () => {
    const log = paidRealLog();
    log.charge(log.answer());
    const report = await auditLog(readerOf(log.log.real.files()), trust);
    expect(report.findings.map(String)).toEqual([]);
    expect(report.money).toBeUndefined();
  });
});

describe('planted faults, each found by its code', () => {
  it('charge-without-output: a charge for a receipt that is not there', async () => {
    const log = paidRealLog();
    const answer = log.answer();
    log.witness();
    log.charge(answer);
    log.charge({ ...answer, receipt: 'd'.repeat(64), order: undefined });
    const report = await audit(log, new FakeChain());
    expect(report.findings.map(({ code, where }) => [code, where])).toEqual([
      ['charge-without-output', `entry ${log.money.flawed[0]?.index}`],
    ]);
    expect(report.verdict).toBe('finding');
  });

  it('output-without-charge: a delivered output that its gateway passed over, or left for longer than it may', async () => {
    const log = paidRealLog();
    const left = log.answer();
    log.witness();
    expect(await codes(log)).toEqual([]);
    expect(await codes(log, new FakeChain(), { graceSeconds: 100 })).toEqual(['output-without-charge']);
    log.charged(1);
    const report = await audit(log, new FakeChain());
    expect(report.findings.map(({ code, where }) => [code, where])).toEqual([
      ['output-without-charge', `entry ${log.log.timeline.registry.indexOf(left.receipt)}`],
    ]);
  });

  it('one of each at once, and it finds both', async () => {
    const log = paidRealLog();
    log.answer();
    log.charged(1);
    log.charged(1);
    log.charge({ ...log.answer(), receipt: 'd'.repeat(64), order: undefined });
    expect((await codes(log)).toSorted()).toEqual(['charge-without-output', 'output-without-charge']);
  });

  it('charge-amount: a unit more than the price', async () => {
    const log = paidRealLog();
    const answer = log.answer();
    log.witness();
    log.charge(answer, { amount: String(PRICE + 1n) });
    expect(await codes(log)).toEqual(['charge-amount']);
  });

  it('charge-double: the same output twice', async () => {
    const log = paidRealLog();
    const answer = log.answer();
    log.witness();
    log.charge(answer);
    const { fee } = log.money.charges[0]!;
    log.charge(answer, { fee: String(fee + 1n) });
    expect((await codes(log)).toSorted()).toEqual(['charge-double', 'equivocation']);
  });

  it('charge-version: another version than was ordered', async () => {
    const log = paidRealLog();
    const answer = log.answer({ version: log.v2 });
    log.witness();
    log.charge(answer);
    expect(await codes(log)).toContain('charge-version');
  });

  it('charge-order: an order for other bytes', async () => {
    const log = paidRealLog();
    const answer = log.answer({ order: { requestHash: bytes32Of('8'.repeat(64)) } });
    log.witness();
    log.charge(answer);
    expect(await codes(log)).toEqual(['charge-order']);
  });

  it('charge-voucher: more captured than the voucher allows, and a sum that is not the sum', async () => {
    for (const bend of [{ voucher: voucherOf(payer, PRICE - 1n) }, { cumulative: String(PRICE * 2n) }]) {
      const log = paidRealLog();
      const answer = log.answer();
      log.witness();
      const honest = paidRealLog();
      const [ready] = honest.charged(1);
      const batch = honest.money.chargeOf(ready ?? '')?.charge.batch;
      log.charge(answer, { batch: { ...batch!, ...bend } });
      expect(await codes(log)).toEqual(['charge-voucher']);
    }
  });

  it('charge-undelivered: of two receipts for one request the one that was not delivered', async () => {
    const log = paidRealLog();
    const left = log.answer({ delivered: false });
    const given = log.twin(left);
    log.witness();
    log.charge(left);
    const report = await audit(log, new FakeChain());
    expect(report.findings.map(({ code, where }) => [code, where])).toEqual([
      ['charge-undelivered', `entry ${log.money.flawed[0]?.index}`],
    ]);
    expect(String(report.findings[0])).toContain(given.receipt);
  });

  it('charge-early: before witnesses saw the receipt', async () => {
    const log = paidRealLog();
    log.charge(log.answer());
    expect(await codes(log)).toEqual(['charge-early']);
  });

  it('charge-receipt: an amount that the node did not sign for', async () => {
    const log = paidRealLog();
    const answer = log.answer({ receiptBy: payer });
    log.witness();
    log.charge(answer);
    expect(await codes(log)).toEqual(['charge-receipt']);
  });

  it.each<[string, Partial<Predicate<'batch'>>]>([
    ['another root', { root: `0x${'1'.repeat(64)}` }],
    ['another total', { total: '1' }],
    ['a credit to somebody else', { credits: [{ to: payer.address, amount: String(PRICE) }] }],
    ['a range with a gap', { from: '1' }],
    ['a number that does not follow', { number: '2' }],
  ])('batch-mismatch: %s', async (_, more) => {
    const [log, chain] = [paidRealLog(), new FakeChain()];
    log.charged(1);
    post(log, chain, more);
    expect(await codes(log, chain)).toContain('batch-mismatch');
  });

  it('batch-chain: the chain holds another batch, more of them, fewer, or pays more', async () => {
    const bends: ((chain: FakeChain) => void)[] = [
      (chain) => void (chain.batches[0] = { ...chain.batches[0]!, root: ZERO_BYTES32 }),
      (chain) => void chain.batches.push(chain.batches[0]!),
      (chain) => void chain.batches.pop(),
      (chain) => void chain.credited.set(TREASURY, 1_000_000n),
      (chain) => void (chain.payee = payer.address),
    ];
    for (const bend of bends) {
      const [log, chain] = [paidRealLog(), new FakeChain()];
      log.charged(1);
      post(log, chain);
      bend(chain);
      expect(await codes(log, chain), String(bend)).toEqual(['batch-chain']);
    }
  });

  it('batch-chain, refund-chain: a settler that speaks for a vault that is another’s', async () => {
    const [log, chain] = [paidRealLog(), new FakeChain()];
    refunded(log, chain, 0n);
    const stranger = person('7');
    log.log.join(stranger, ['settler']);
    for (const kind of ['batch', 'refund'] as const) {
      const said = Array.from(log.log.timeline.records(kind)).at(-1)!;
      log.log.add(stranger, kind, said.predicate);
    }
    const found = await codes(log, chain);
    expect(found.filter((code) => code.endsWith('-chain'))).toEqual(['batch-chain', 'refund-chain']);
  });

  it('a withheld charge is in no batch, and no fault while nothing of it was claimed', async () => {
    const [log, chain] = [paidRealLog(), new FakeChain()];
    const [, second = ''] = log.charged(2);
    const charges = [log.money.chargeOf(second)!.id];
    log.log.add(settler, 'charge.withhold', { network: NETWORK, vault: VAULT, charges });
    post(log, chain);
    const report = await audit(log, chain);
    expect([report.findings, report.money?.withheld]).toEqual([[], 1]);
    for (const [channel, claimed] of chain.claims) chain.claims.set(channel, claimed + 1n);
    expect(await codes(log, chain)).toEqual(['overclaimed']);
  });

  it('a batch that is posted and not logged yet is no fault, when it is what the log makes', async () => {
    const [log, chain] = [paidRealLog(), new FakeChain()];
    log.charged(1);
    const range = {
      number: 1,
      network: NETWORK,
      vault: VAULT,
      settler: SETTLER,
      treasury: TREASURY,
      from: 0,
      to: log.log.size,
    };
    const { root, channelsRoot, total } = batchContent(log.money, range);
    chain.batches.push({ root, channelsRoot, total, count: 1 });
    chain.covered = log.log.size;
    expect(await codes(log, chain)).toEqual([]);
    chain.batches[0] = { root, channelsRoot, total: total + 1n, count: 1 };
    expect(await codes(log, chain)).toEqual(['batch-chain']);
  });

  it('overclaimed: a unit more was claimed from a payment channel than was captured', async () => {
    const [log, chain] = [paidRealLog(), new FakeChain()];
    log.charged(2);
    post(log, chain);
    for (const [channel, claimed] of chain.claims) chain.claims.set(channel, claimed + 1n);
    expect(await codes(log, chain)).toEqual(['overclaimed']);
  });

  it('refund-mismatch: a class refund that is not its incident’s, lacks more than it owes, or is a round out of turn', async () => {
    for (const bend of [
      { incident: 'e'.repeat(64) },
      { shortfall: String(2n * PRICE + 1n) },
      { round: '3' },
      { count: '1' },
      { total: '1' },
    ]) {
      const [log, chain] = [paidRealLog(), new FakeChain()];
      refunded(log, chain, 0n, bend);
      expect(await codes(log, chain), JSON.stringify(bend)).toContain('refund-mismatch');
    }
  });

  it('refund-chain: another root, total or shortfall than recorded, other payments, one that never was or that nobody logged', async () => {
    const bends: ((chain: FakeChain, name: string, held: ChainRefund) => void)[] = [
      (chain, name, held) => chain.refunds.set(name, { ...held, root: ZERO_BYTES32 }),
      (chain, name, held) => chain.refunds.set(name, { ...held, total: held.total + 1n }),
      // The shortfall that is recorded is not the one of the chain.
      (chain, name, held) => chain.refunds.set(name, { ...held, funded: held.funded - 1n }),
      // A unit more, or less, than the shares of those who are marked as paid.
      (chain, name, held) => chain.refunds.set(name, { ...held, paid: held.paid + 1n }),
      (chain, name, held) => chain.refunds.set(name, { ...held, paid: held.paid - 1n }),
      // Paid, and marked for nobody: the money went elsewhere.
      (chain) => chain.given.clear(),
      // Vetoed, and said to be given back.
      (chain, name) => chain.refunds.delete(name),
      (chain, name, held) => chain.refunds.set(name, { ...held, state: 'proposed' }),
      (chain, _, held) => {
        chain.refunds.set(`0x${'5'.repeat(64)}`, held);
        chain.executedAt = NOW - 2_000_000;
      },
    ];
    for (const bend of bends) {
      const [log, chain] = [paidRealLog(), new FakeChain()];
      const name = refunded(log, chain, PRICE);
      bend(chain, name, chain.refunds.get(name)!);
      expect(await codes(log, chain), String(bend)).toEqual(['refund-chain']);
    }
  });

  it('refund-chain: a veto that the chain does not know, or that stopped another refund; one that it knows is no fault', async () => {
    const tx = `0x${'7'.repeat(64)}`;
    for (const [name, knows, found] of [
      [refundId('b'.repeat(64), 2), true, []],
      [refundId('b'.repeat(64), 2), false, ['refund-chain']],
      [refundId('b'.repeat(64), 1), true, ['refund-chain']],
    ] as const) {
      const [log, chain] = [paidRealLog(), new FakeChain()];
      if (knows) chain.stopped.set(name, [tx]);
      const of = { incident: 'b'.repeat(64), round: '2', network: NETWORK, vault: VAULT };
      log.log.add(settler, 'refund.veto', { ...of, name, tx });
      const report = await audit(log, chain);
      expect([...report.counts.keys()], name).toEqual(found);
      expect(report.money?.vetoes).toBe(1);
    }
  });

  it('refunds that are whole, short, not claimed yet, or executed a moment ago and not logged yet are no fault', async () => {
    for (const shortfall of [0n, 1n, PRICE]) {
      const [log, chain] = [paidRealLog(), new FakeChain()];
      const name = refunded(log, chain, shortfall);
      expect(await codes(log, chain)).toEqual([]);
      chain.given.clear();
      chain.refunds.set(name, { ...chain.refunds.get(name)!, paid: 0n });
      expect(await codes(log, chain)).toEqual([]);
      chain.refunds.set(`0x${'5'.repeat(64)}`, chain.refunds.get(name)!);
      expect(await codes(log, chain)).toEqual([]);
    }
  });

  it('unauthorised: a charge by whoever is no gateway is ignored, and told', async () => {
    const log = paidRealLog();
    const answer = log.answer();
    log.witness();
    log.charge(answer, {}, settler);
    expect(await codes(log)).toContain('unauthorised');
  });
});
