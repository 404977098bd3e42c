/** The guard over payers' withdrawals as a settler process: a start costs the new blocks, and kill -9 costs nobody money (7.5). */
import { existsSync, readFileSync } from 'node:fs';
import { readPaymentChannel } from '@assay/pay/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultyRpc, type FaultyRpc } from '../../../pay/test/chain/support/faulty-rpc.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { MoneyLab, type Payer, TERMS } from './support/money-lab.ts';

/** So long that nothing but the guard claims here after a settler's first round. */
const terms = { ...TERMS, settlementPeriod: 120, hold: 600, unbonding: 800 };
/** Blocks that are read again at most after a start: what a reorganisation could have changed. */
const DEPTH = 64;

let lab: MoneyLab;
let wire: FaultyRpc;
let settler: ServiceProcess | undefined;
/** First blocks of the questions for withdrawals. */
let asked: number[] = [];

beforeAll(async () => {
  lab = await MoneyLab.start(terms);
  wire = await faultyRpc(lab.anvil.rpc.url);
  wire.set(watching);
}, 240_000);
afterAll(async () => {
  await settler?.end();
  await wire?.close();
  await lab?.stop();
}, 60_000);

describe('the guard over withdrawals', { timeout: 240_000 }, () => {
  it('killed before its claim is sent, claims after the next start; that reads from where it had come to, not from the deployment', async () => {
    const [alice, bob] = [await lab.payer(401, 1_000_000n), await lab.payer(402, 1_000_000n)];
    // More blocks than a start may read again.
    await lab.anvil.rpc.call('anvil_mine', [`0x${(4 * DEPTH).toString(16)}`]);
    await start();
    await withdrawal(alice);
    await lab.until(async () => (await claimed(alice)) === alice.cumulative, 'claimed for alice');
    await lab.until(() => holds(alice), 'it is kept how far it has come');

    // The next one dies at the very claim: it had seen the withdrawal, and must not be taken for done with.
    wire.set((method, text) => {
      if (method !== 'eth_sendRawTransaction') return watching(method, text);
      void settler?.end();
      return 'lose-request';
    });
    await withdrawal(bob);
    await settler?.exited();
    expect([await claimed(bob), holds(bob)]).toEqual([0n, false]);
    wire.set(watching);
    await lab.anvil.rpc.call('anvil_mine', ['0x3']);
    await lab.anvil.rpc.call('anvil_reorg', [2, []]);
    const head = Number(await lab.anvil.rpc.call<string>('eth_blockNumber'));
    await start();
    await lab.until(async () => (await claimed(bob)) === bob.cumulative, 'claimed for bob');
    expect(Math.min(...asked)).toBeGreaterThan(head - DEPTH);
  });

  it('claims for a payer that began to leave while no settler ran, and what was captured meanwhile on one that is leaving', async () => {
    await settler?.end();
    const [carol, dora] = [await lab.payer(403, 1_000_000n), await lab.payer(404, 1_000_000n)];
    await start();
    await withdrawal(carol);
    await lab.until(async () => (await claimed(carol)) === carol.cumulative && holds(carol), 'carol is kept');
    await settler?.end();
    await withdrawal(dora);
    await lab.charged(carol);
    await start();
    for (const payer of [carol, dora])
      await lab.until(async () => (await claimed(payer)) === payer.cumulative, 'claimed before it leaves');
  });
});

/** Passes everything on, and writes down from where on withdrawals are asked for. */
function watching(method: string, text: string): 'none' {
  if (method === 'eth_getLogs' && text.includes('4020074e9df2ce1dee5a9c1b5c3f541d02a10003')) {
    const { params } = JSON.parse(text) as { params: [{ fromBlock: string }] };
    asked.push(Number(params[0].fromBlock));
  }
  return 'none';
}

/** Starts the settler, and waits until its first rounds are over. */
async function start(): Promise<void> {
  asked = [];
  const config = lab.settlerConfig(terms, wire.url);
  settler = await ServiceProcess.start('settler', lab.path('config.json'), config);
  await lab.until(() => asked.length > 0, 'withdrawals are looked for');
}

/** The payer is charged for an answer, and begins to withdraw the rest. */
async function withdrawal(payer: Payer): Promise<void> {
  await lab.charged(payer);
  await lab.initiateWithdraw(payer, 400_000n);
}

const claimed = async ({ paymentChannel }: Payer): Promise<bigint> =>
  (await readPaymentChannel(lab.client, paymentChannel as `0x${string}`)).totalClaimed;

/** Whether the kept position lies behind this payer's withdrawal. */
function holds({ paymentChannel }: Payer): boolean {
  const path = lab.path('settler.db.watched');
  return existsSync(path) && readFileSync(path, 'utf8').includes(paymentChannel);
}
