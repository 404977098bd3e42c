/** Two things in one second cost less gas than in two: what was estimated in the first must not fail in the second. */
import { systemClock } from '@assay/core';
import { approveCall, devAddress, openTxOutbox, rpcClient, stakeCall, type TxOutbox } from '@assay/pay/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultyRpc, type FaultyRpc } from '../../../pay/test/chain/support/faulty-rpc.ts';
import { MoneyLab, TOKEN } from './support/money-lab.ts';

let lab: MoneyLab;
let wire: FaultyRpc;
beforeAll(async () => {
  lab = await MoneyLab.start();
  wire = await faultyRpc(lab.anvil.rpc.url);
}, 120_000);
afterAll(async () => {
  await wire?.close();
  await lab?.stop();
}, 60_000);

it('stake that was estimated in the second of another, and is mined later, is bonded', async () => {
  const registry = devAddress('ParticipantRegistry');
  const { paymentSecret } = lab.identity('node');
  const account = lab.address('node');
  const rpc = rpcClient(wire.url, { timeoutMs: 1_000 });
  const outbox: TxOutbox = openTxOutbox({
    path: lab.path('node.db'),
    rpc,
    chainId: 31_337,
    secret: paymentSecret,
    confirmations: 1,
    clock: systemClock,
    pollMs: 50,
  });
  await using _ = outbox;
  outbox.start();
  await lab.mint(account, 1_000n);
  await outbox.send({ key: 'approve', ...approveCall(TOKEN, registry, 1_000n) });
  // Every block from here on bears the same second.
  await lab.anvil.rpc.call('anvil_setBlockTimestampInterval', [0]);
  await outbox.send({ key: 'first', ...stakeCall(registry, account, 100n) });
  wire.set((method) => (method === 'eth_sendRawTransaction' ? 'lose-request' : 'none'));
  const second = outbox.send({ key: 'second', ...stakeCall(registry, account, 200n) });
  await lab.until(() => outbox.get('second') !== undefined, 'it is signed');
  await lab.anvil.rpc.call('anvil_removeBlockTimestampInterval');
  await lab.anvil.rpc.call('evm_increaseTime', [10]);
  await lab.anvil.rpc.call('evm_mine');
  wire.set(() => 'none');
  expect((await second).mined).toMatchObject({ reverted: false });
  expect(await lab.reads.stake(account)).toMatchObject({ bonded: 300n });
  rpc.close();
}, 120_000);
