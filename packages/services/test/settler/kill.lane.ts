/** kill -9 of a settler at every step of a batch: it goes on, and everything is settled exactly once (PROTOCOL 7). */
import { readPaymentChannel } from '@assay/pay/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultyRpc, type FaultyRpc } from '../../../pay/test/chain/support/faulty-rpc.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { MoneyLab, type Payer, TERMS, VAULT } from './support/money-lab.ts';

let lab: MoneyLab;
let wire: FaultyRpc;
let [alice, bob]: Payer[] = [];

beforeAll(async () => {
  lab = await MoneyLab.start();
  wire = await faultyRpc(lab.anvil.rpc.url);
  alice = await lab.payer(301, 1_000_000n);
  bob = await lab.payer(302, 1_000_000n);
}, 240_000);

afterAll(async () => {
  await wire?.close();
  await lab?.stop();
}, 60_000);

it('killed at each transaction, its answer lost, and between posting and logging: one batch, exact to the unit', async () => {
  await lab.charged(alice!, bob!, alice!);
  const start = (): Promise<ServiceProcess> =>
    ServiceProcess.start('settler', lab.path('config.json'), lab.settlerConfig(TERMS, wire.url));
  // Each process dies at the first new transaction of its life: the step after the one at which its predecessor died.
  let kills = 0;
  for (let isPosted = false; !isPosted; kills++) {
    isPosted = (await lab.reads.state()).batchCount > 0;
    const settler = await start();
    wire.set((method) => {
      if (method !== (isPosted ? 'eth_getLogs' : 'eth_sendRawTransaction')) return 'none';
      void settler.end();
      return 'lose-answer';
    });
    await settler.exited();
    wire.set(() => 'none');
  }
  // Anchor, claim, sweep and batch, and then before the batch is logged.
  expect(kills).toBe(5);
  const last = await start();
  await lab.until(() => lab.books.money.batches.length > 0, 'a batch in the log');
  await lab.until(async () => (await lab.reads.state()).unallocated === 0n, 'nothing left over');
  expect(lab.books.money.batches).toHaveLength(1);
  expect((await lab.reads.state()).batchCount).toBe(1);
  expect(await lab.balanceOf(VAULT)).toBe(3n * lab.price);
  for (const payer of [alice!, bob!]) {
    const { totalClaimed } = await readPaymentChannel(lab.client, payer.paymentChannel as `0x${string}`);
    expect(totalClaimed).toBe(payer.cumulative);
  }
  await last.end();
}, 240_000);
