/** PROTOCOL 7.6 by a settler process on a real chain: the waterfall and its shortfall, the veto, rounds, and kill -9. */
import { refundId } from '@assay/core/money';
import { afterEach, describe, expect, it } from 'vitest';
import { type FaultyRpc, faultyRpc } from '../../../pay/test/chain/support/faulty-rpc.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { askRefund, askSettler } from './support/ask-settler.ts';
import { MoneyLab, type Payer, TERMS, VAULT } from './support/money-lab.ts';

let lab: MoneyLab;
let wire: FaultyRpc;
let settler: ServiceProcess;
let [alice, bob]: Payer[] = [];

/** A veto window that nobody misses on a loaded machine; the chain's clock is moved over it. */
const LONG_VETO = { ...TERMS, veto: 60, unbonding: 500 };
let terms = TERMS;

const run = async (): Promise<void> => {
  const config = lab.settlerConfig(terms, wire.url);
  settler = await ServiceProcess.start('settler', lab.path('config.json'), config);
};

const start = async (): Promise<void> => {
  await run();
  await lab.until(async () => (await fetch(`${settler.url}/health`)).ok, 'the settler is ready');
};

async function begin(own = TERMS): Promise<void> {
  terms = own;
  lab = await MoneyLab.start(terms);
  wire = await faultyRpc(lab.anvil.rpc.url);
  alice = await lab.payer(401, 1_000_000n);
  bob = await lab.payer(402, 1_000_000n);
  await start();
}

afterEach(async () => {
  await settler?.end();
  await wire?.close();
  await lab?.stop();
}, 60_000);

/** Charges, and waits until a batch in the log has them. */
async function settled(...payers: readonly Payer[]): Promise<string[]> {
  const receipts = await lab.charged(...payers);
  await lab.until(() => lab.unsettled === 0, 'everything in batches');
  return receipts;
}

const refunds = () => lab.books.money.refunds.map(({ predicate }) => predicate);
const balances = (): Promise<bigint[]> =>
  Promise.all([alice!, bob!].map(({ address }) => lab.balanceOf(address)));

describe('the waterfall', { timeout: 240_000 }, () => {
  it('takes held credits, then fees, then the node’s stake; what is lacking is recorded and shared pro rata', async () => {
    await begin();
    await settled(alice!, alice!, bob!);
    // The first batch is paid out: nothing of it is held any more.
    await lab.later(TERMS.hold + 1);
    const node = lab.address('node');
    await lab.until(async () => (await lab.balanceOf(VAULT)) === 0n, 'node and treasury are paid');
    await settled(bob!);
    const stake = lab.price;
    await lab.stake(stake);
    const before = await balances();
    const paidOut = await lab.balanceOf(node);
    const incident = await lab.incident();
    await lab.witnessed();
    const { status, body } = await askRefund(settler, lab, incident);
    // Four charges; one is held (credit and fee), one the stake covers, two are gone.
    const [total, shortfall] = [4n * lab.price, 2n * lab.price];
    expect([status, body]).toMatchObject([
      200,
      { total: String(total), shortfall: String(shortfall), count: 4 },
    ]);
    await lab.until(() => refunds().length === 1, 'logged');
    expect(refunds()[0]).toMatchObject({ incident, shortfall: String(shortfall), total: String(total) });
    const funded = total - shortfall;
    const after = await balances();
    expect(after.map((each, i) => each - (before[i] ?? 0n))).toEqual(
      [2n, 2n].map((charges) => (charges * lab.price * funded) / total),
    );
    expect(await lab.reads.stake(node)).toMatchObject({ bonded: 0n, leaving: 0n });
    expect(await lab.balanceOf(node)).toBe(paidOut);
    expect(await lab.reads.refund(refundId(incident, 1))).toMatchObject({
      state: 'executed',
      funded,
      paid: funded,
    });
    expect(await lab.balanceOf(VAULT)).toBe(0n);
    expect((await lab.reads.state()).unallocated).toBe(0n);
  });
});

describe('the veto', { timeout: 240_000 }, () => {
  it('stops a refund within its window: nothing is given back or logged, and whoever asks is told', async () => {
    await begin(LONG_VETO);
    await settled(alice!, bob!);
    const before = await balances();
    const incident = await lab.incident();
    await lab.witnessed();
    const path = `/assay/v1/refunds/${incident}`;
    // Proposed, and its answer is lost: the settler dies within the veto window.
    await killAt('eth_sendRawTransaction', async () => {
      await lab.until(async () => {
        const asked = await askSettler(settler, lab, { path, as: 'owner' }).catch(() => undefined);
        return asked === undefined;
      }, 'killed while it proposes');
    });
    await lab.until(async () => (await state(incident)) === 'proposed', 'proposed');
    await lab.veto(refundId(incident, 1));
    await start();
    const asked = await askRefund(settler, lab, incident);
    expect([asked.status, asked.body]).toMatchObject([409, { code: 'vetoed' }]);
    expect(await state(incident)).toBe('none');
    expect(await balances()).toEqual(before);
    expect(refunds()).toEqual([]);
    // What the vault only had an event for is a statement: which refund, and by which transaction, once.
    const vetoes = () => lab.books.money.vetoes.map(({ predicate }) => predicate);
    await lab.until(() => vetoes().length > 0, 'the veto is in the log');
    const name = refundId(incident, 1);
    expect(vetoes()).toMatchObject([{ incident, name, vault: VAULT }]);
    expect((await lab.client.getTransactionReceipt({ hash: vetoes()[0]!.tx as `0x${string}` })).to).toBe(
      VAULT,
    );
    await settler.end();
    await start();
    // Nodes keep what they hold; charges that come to light make another refund, which is not the one that was stopped.
    await settled(alice!);
    await lab.witnessed();
    await lab.until(async () => {
      const { body } = await askSettler(settler, lab, { path, as: 'owner' });
      return body['code'] === 'veto-window';
    }, 'proposed again');
    await lab.later(LONG_VETO.veto);
    const other = await askRefund(settler, lab, incident);
    expect([other.status, other.body]).toMatchObject([200, { count: 3, shortfall: '0', round: 1 }]);
    expect(vetoes()).toHaveLength(1);
  });
});

describe('rounds', { timeout: 240_000 }, () => {
  it('charges that come to light after an incident’s refund are given back by its next, and nothing twice', async () => {
    await begin();
    const first = await settled(alice!, bob!);
    const incident = await lab.incident();
    await lab.witnessed();
    const [start] = [await balances()];
    expect((await askRefund(settler, lab, incident)).body).toMatchObject({ round: 1, count: 2 });
    const later = await settled(bob!, bob!);
    await lab.witnessed();
    const { status, body } = await askRefund(settler, lab, incident);
    expect([status, body]).toMatchObject([
      200,
      { round: 2, count: 2, total: String(2n * lab.price), shortfall: '0', receipts: later },
    ]);
    expect(body['earlier']).toMatchObject([{ round: 1, receipts: first }]);
    await lab.until(() => refunds().length === 2, 'both logged');
    expect(refunds().map(({ round }) => round)).toEqual([undefined, '2']);
    const after = await balances();
    expect(after.map((each, i) => each - (start[i] ?? 0n))).toEqual([lab.price, 3n * lab.price]);
    expect((await lab.reads.state()).unallocated).toBe(0n);
    expect(await lab.balanceOf(VAULT)).toBe(0n);
    // Asked again there is nothing new.
    expect((await askRefund(settler, lab, incident)).body).toMatchObject({ round: 2, count: 2 });
    expect(refunds()).toHaveLength(2);
  });
});

describe('kill -9 in the middle', { timeout: 240_000 }, () => {
  it('at each transaction of it, its answer lost, and paid out but not logged: done once, and the books balance', async () => {
    await begin();
    await settled(alice!, bob!, alice!);
    const before = await balances();
    const incident = await lab.incident();
    await lab.witnessed();
    const seen: string[] = [];
    const ask = async (): Promise<void> => {
      const path = `/assay/v1/refunds/${incident}`;
      await askSettler(settler, lab, { path, as: 'owner' }).catch(() => undefined);
    };
    // Propose, execute and pay: it dies as each leaves, and the next process goes on by itself.
    for (const expected of ['proposed', 'executed', 'executed']) {
      await killAt('eth_sendRawTransaction', async (isDead) => {
        await lab.until(async () => {
          if (!isDead() && seen.length === 0) await ask();
          return isDead();
        }, 'killed as a transaction leaves');
      });
      seen.push(expected);
      await lab.until(async () => (await state(incident)) === expected, expected);
      if (seen.length < 3) await start();
    }
    // All paid; the next one dies while it looks whether they are, before it says so in the log.
    expect(refunds()).toEqual([]);
    const dies = killAt(IS_REFUNDED, async (isDead) => lab.until(isDead, 'killed before it is logged'));
    await run();
    await dies;
    expect(refunds()).toEqual([]);
    await start();
    await lab.until(() => refunds().length > 0, 'logged');
    const { status, body } = await askRefund(settler, lab, incident);
    expect([status, body]).toMatchObject([200, { count: 3, shortfall: '0', total: String(3n * lab.price) }]);
    expect((body['txs'] as string[]).length).toBeLessThanOrEqual(3);
    expect(refunds()).toHaveLength(1);
    const after = await balances();
    expect(after.map((each, i) => each - (before[i] ?? 0n))).toEqual([2n * lab.price, lab.price]);
    expect(await lab.balanceOf(VAULT)).toBe(0n);
    expect((await lab.reads.state()).unallocated).toBe(0n);
  });
});

/** Selector of `isRefunded(uint256)`, by which a settler asks whether a payer was paid. */
const IS_REFUNDED = '55866c8d';

const state = async (incident: string): Promise<string> =>
  (await lab.reads.refund(refundId(incident, 1))).state;

/** Kills the settler at the next call that has `mark` in it; the call goes through, and its answer is lost. */
async function killAt(mark: string, during: (isDead: () => boolean) => Promise<void>): Promise<void> {
  let dead = false;
  wire.set((_, text) => {
    if (dead || !text.includes(mark)) return 'none';
    dead = true;
    void settler.end();
    return 'lose-answer';
  });
  await during(() => dead);
  await settler.exited();
  wire.set(() => 'none');
}
