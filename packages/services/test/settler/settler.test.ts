/** A settler over a real chain, log and witness: captured money reaches nodes, and goes back by incident (PROTOCOL 7). */
import { fromHex, hex, randomBytes, systemClock } from '@assay/core';
import { verifyMerkleProof } from '@assay/core/money';
import { leafOf } from '@assay/views';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentBlock, devDeployedAt, postedAfter, readPaymentChannel } from '@assay/pay/node';
import { signRequest } from '../../src/participant/index.ts';
import type { RunningService } from '../../src/serving/index.ts';
import { startSettler } from '../../src/settler/start.ts';
import { MoneyLab, NETWORK, type Payer, TERMS, VAULT } from './support/money-lab.ts';

const outside = { clock: systemClock, entropy: { bytes: randomBytes }, log: pino({ level: 'silent' }) };

let lab: MoneyLab;
let service: RunningService;
let [alice, bob, dave]: Payer[] = [];

beforeAll(async () => {
  lab = await MoneyLab.start();
  service = await startSettler(lab.settlerConfig(), outside);
  alice = await lab.payer(101, 1_000_000n);
  bob = await lab.payer(102, 1_000_000n);
  dave = await lab.payer(106, 200_000n);
}, 240_000);

afterAll(async () => {
  await service?.stop();
  await lab?.stop();
}, 60_000);

const batches = () => lab.books.money.batches;

describe('settlement', () => {
  it('an idle log stays idle: nothing is anchored, posted or logged', async () => {
    await lab.until(async () => (await fetch(`${service.ready.listening}/health`)).ok, 'ready');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await lab.reads.state()).toMatchObject({ batchCount: 0, coveredTo: 0 });
    expect(batches()).toEqual([]);
  });

  it('claims vouchers, sweeps, posts a batch that the log gives, and logs it', async () => {
    await lab.charged(alice!, bob!, alice!);
    await lab.until(() => batches().length > 0 && unsettled() === 0, 'a batch over all charges');
    const total = 3n * lab.price;
    const sum = batches().reduce((all, { predicate }) => all + BigInt(predicate.total), 0n);
    expect(sum).toBe(total);
    expect(await lab.balanceOf(VAULT)).toBe(total);
    expect((await lab.reads.state()).unallocated).toBe(0n);
    for (const payer of [alice!, bob!]) {
      const { totalClaimed } = await readPaymentChannel(lab.client, payer.paymentChannel as `0x${string}`);
      expect(totalClaimed).toBe(payer.cumulative);
    }
    for (const { predicate } of batches()) {
      expect((await lab.reads.batch(Number(predicate.number)))?.root).toBe(predicate.root);
      expect(predicate.credits.map(({ to }) => to)).toEqual(
        [lab.address('node'), lab.address('gateway')].toSorted(),
      );
    }
  });

  it('proves a charge under the root that the vault holds, to whoever asks', async () => {
    const [charge] = lab.books.money.charges;
    const reply = await fetch(`${service.ready.listening}/assay/v1/charges/${charge!.output.id}`);
    const { batch, proof } = (await reply.json()) as { batch: string; proof: string[] };
    const posted = await lab.reads.batch(Number(batch));
    const siblings = proof.map((hash) => fromHex(hash.slice(2)));
    expect(verifyMerkleProof(fromHex(posted!.root.slice(2)), leafOf(charge!, Number(batch)), siblings)).toBe(
      true,
    );
    expect((await fetch(`${service.ready.listening}/assay/v1/charges/none`)).status).toBe(404);
  });

  it('PROTOCOL 7.5: claims at once when a payer begins to withdraw, batched or not', async () => {
    const carol = await lab.payer(103, 500_000n);
    await lab.charged(carol);
    await lab.initiateWithdraw(carol, 400_000n);
    const claimed = async () =>
      (await readPaymentChannel(lab.client, carol.paymentChannel as `0x${string}`)).totalClaimed;
    await lab.until(async () => (await claimed()) === carol.cumulative, 'claimed before it leaves');
  });

  it('PROTOCOL 7.2: an exact payment that is released goes back, one that is charged is captured', async () => {
    const kept = await lab.exact(104, lab.price);
    const returned = await lab.exact(105, 5_000n);
    const receipt = await lab.exactAnswer(kept.payer);
    await lab.witnessed();
    // Anybody may join as a gateway: what one releases of another's, or of nobody's, gives nothing back and stops nothing.
    await lab.joins('rogue', 'gateway');
    for (const tx of [kept.tx, `0x${'6'.repeat(64)}`])
      await lab.say('rogue', 'release', {
        network: NETWORK,
        payer: kept.payer,
        tx,
        amount: String(lab.price),
        reason: 'no-output',
      });
    await lab.say('gateway', 'charge', {
      receipt,
      scheme: 'exact',
      network: NETWORK,
      payer: kept.payer,
      amount: String(lab.price),
      fee: String((lab.price * 500n) / 10_000n),
      priceBook: lab.book,
      exact: { tx: kept.tx, nonce: kept.nonce, value: String(lab.price) },
    });
    await lab.say('gateway', 'release', {
      network: NETWORK,
      payer: returned.payer,
      tx: returned.tx,
      amount: '5000',
      reason: 'no-output',
    });
    expect(lab.books.money.flawed).toEqual([]);
    await lab.until(async () => (await lab.balanceOf(returned.payer)) === 5_000n, 'returned');
    await lab.until(() => unsettled() === 0, 'charged');
    expect(await lab.balanceOf(kept.payer)).toBe(0n);
    expect((await lab.reads.state()).unallocated).toBe(0n);
  });

  it('settles when asked, by whoever has joined', async () => {
    const answer = await post('/assay/v1/settle', 'agent');
    expect(answer.status).toBe(200);
    expect((await post('/assay/v1/settle', 'settler-stranger')).status).toBe(401);
  });

  it('PROTOCOL 7.5: does not start with terms that are not safe together', async () => {
    const unsafe = { ...TERMS, hold: 100 };
    await expect(startSettler(lab.settlerConfig(unsafe), outside)).rejects.toMatchObject({ code: 'unsafe' });
  });
});

describe('PROTOCOL 7.6: a class refund', () => {
  let incident = '';

  it('is refused for an incident behind which no owner stands', async () => {
    incident = await open('agent');
    await lab.witnessed();
    const answer = await post(`/assay/v1/refunds/${incident}`, 'agent');
    expect([answer.status, (await answer.json()) as object]).toMatchObject([409, { code: 'not-upheld' }]);
  });

  it('gives every affected charge back to the unit, once, and logs it', async () => {
    await lab.until(() => unsettled() === 0, 'everything in batches');
    await lab.say('owner', 'endorse', { record: incident });
    await lab.witnessed();
    const before = new Map(
      await Promise.all(
        [alice!, bob!].map(async ({ address }) => [address, await lab.balanceOf(address)] as const),
      ),
    );
    const paid = new Map<string, bigint>();
    for (const { charge, amount } of lab.books.money.charges)
      paid.set(charge.payer, (paid.get(charge.payer) ?? 0n) + amount);
    let answer = await post(`/assay/v1/refunds/${incident}`, 'owner');
    for (; answer.status === 409; answer = await post(`/assay/v1/refunds/${incident}`, 'owner')) {
      expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^(unposted|veto-window)$/) });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const outcome = (await answer.json()) as {
      total: string;
      shortfall: string;
      txs: string[];
      count: number;
    };
    expect([answer.status, outcome.shortfall]).toEqual([200, '0']);
    expect(outcome.txs.length).toBeLessThanOrEqual(3);
    expect(BigInt(outcome.total)).toBe([...paid.values()].reduce((a, b) => a + b, 0n));
    for (const { address } of [alice!, bob!]) {
      expect((await lab.balanceOf(address)) - before.get(address)!).toBe(paid.get(address));
    }
    await lab.until(() => lab.books.money.refunds.length === 1, 'logged');
    expect(lab.books.money.refunds[0]?.predicate).toMatchObject({
      incident,
      total: outcome.total,
      shortfall: '0',
    });
    expect((await lab.reads.state()).unallocated).toBe(0n);
  });

  it('asked again it is the same one; another incident over the same outputs gives nothing back', async () => {
    const again = await post(`/assay/v1/refunds/${incident}`, 'owner');
    expect(again.status).toBe(200);
    expect(lab.books.money.refunds.length).toBe(1);
    const second = await open('owner');
    await lab.witnessed();
    const answer = await post(`/assay/v1/refunds/${second}`, 'owner');
    expect([answer.status, (await answer.json()) as object]).toMatchObject([
      409,
      { code: 'nothing-to-refund' },
    ]);
  });
});

describe('after the hold', () => {
  it('nodes and treasury are paid what incidents left, without coming for it', async () => {
    await lab.charged(bob!);
    await lab.until(() => unsettled() === 0, 'a batch');
    await lab.anvil.rpc.call('evm_increaseTime', [2 * TERMS.hold]);
    await lab.anvil.rpc.call('evm_mine');
    const fee = (lab.price * 500n) / 10_000n;
    await lab.until(
      async () => (await lab.balanceOf(lab.address('node'))) === lab.price - fee,
      'the node is paid',
    );
    await lab.until(async () => (await lab.balanceOf(lab.address('gateway'))) === fee, 'fees are paid');
    expect(await lab.balanceOf(VAULT)).toBe(0n);
  });
});

describe('a settler that was away', () => {
  const restarted = async (batch = lab.settlerConfig().batch): Promise<void> => {
    service = await startSettler({ ...lab.settlerConfig(), batch }, outside);
  };

  it('settles what gathered in as many batches as the limits ask for, joined without a gap', async () => {
    await service.stop();
    const before = batches().length;
    await lab.charged(alice!, bob!, alice!, bob!, alice!);
    await lab.witnessed();
    await restarted({ charges: 2, credits: 100, captures: 200 });
    await lab.until(() => unsettled() === 0, 'everything in batches');
    const made = batches().slice(before);
    expect(made.map(({ predicate }) => predicate.count)).toEqual(['2', '2', '1']);
    expect(made.slice(1).map(({ predicate }) => predicate.from)).toEqual(
      made.slice(0, -1).map(({ predicate }) => predicate.to),
    );
    expect((await lab.reads.state()).unallocated).toBe(0n);
  });

  it('withholds what a payer took away meanwhile, in the log, and settles everything else', async () => {
    await service.stop();
    const [taken] = await lab.charged(dave!, alice!);
    await lab.initiateWithdraw(dave!, 200_000n);
    await lab.later(TERMS.withdrawDelay + 1);
    await lab.finalizeWithdraw(dave!);
    await restarted();
    await lab.until(() => unsettled() === 0, 'the last charge in a batch');
    expect(lab.withheld).toEqual([taken]);
    expect(batches().at(-1)?.predicate).toMatchObject({ count: '1', total: String(lab.price) });
    expect((await lab.reads.state()).unallocated).toBe(0n);
  });
});

describe('a chain that has gone on', () => {
  it('its batches are found though they lie more than a range of blocks back, and its vault from where it was deployed', async () => {
    const before = await lab.reads.state();
    // A hundred at a time: on a loaded machine more of them take longer than a question may.
    for (let i = 0; i < 25; i++) await lab.anvil.rpc.call('anvil_mine', ['0x64']);
    const query = { vault: VAULT, confirmations: 1, deployedAt: devDeployedAt('SettlementVault') };
    const all = await postedAfter(lab.client, { ...query, after: 0 });
    expect(all.map(({ number }) => number)).toEqual(
      Array.from({ length: before.batchCount }, (_, i) => i + 1),
    );
    expect(await postedAfter(lab.client, { ...query, after: before.batchCount })).toEqual([]);
    expect(await deploymentBlock(lab.client, VAULT)).toBe(query.deployedAt);
  });
});

const unsettled = (): number => lab.unsettled;

const open = (name: string): Promise<string> =>
  lab.say(name, 'incident.open', { versions: [lab.version], from: 0, nonce: hex(randomBytes(16)) });

async function post(path: string, name: string): Promise<Response> {
  const { keyId, listening } = service.ready as { keyId: string; listening: string };
  const signer = lab.people.get(name)?.signer ?? lab.identity('operator').signer;
  const header = signRequest(
    { method: 'POST', path, recipient: name === 'settler-stranger' ? 'x' : keyId },
    signer,
    systemClock,
  );
  return fetch(`${listening}${path}`, { method: 'POST', headers: { 'assay-authorization': header } });
}
