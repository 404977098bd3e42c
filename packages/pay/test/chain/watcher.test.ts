/** The watcher over real reorganisations: every event of the chain as it stands, each told once (issue 4, "Bad input"). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFunctionData } from 'viem';
import {
  type Anvil,
  deployDevContracts,
  devAddress,
  devTokenAbi,
  publicClient,
  startAnvil,
  type WatchedEvent,
  Watcher,
} from '../../src/node/chain/index.ts';
import { addressOf, CHAIN_ID, fund, outboxOf, scratch, secretOf, until } from './support/lab.ts';

const SENDER = addressOf(secretOf(1));
const token = devAddress('DevToken');

let anvil: Anvil;
let files: ReturnType<typeof scratch>;
beforeEach(async () => {
  anvil = await startAnvil({ chainId: CHAIN_ID });
  files = scratch();
  await deployDevContracts(anvil.rpc, { chainId: CHAIN_ID, arguments: { DevToken: [] }, funded: [] });
  await fund(anvil.rpc, SENDER);
});
afterEach(async () => {
  await anvil.stop();
  files[Symbol.dispose]();
});

describe('a watcher', () => {
  it('holds exactly the events of the chain through reorganisations of depth 1 to 10', async () => {
    const held = new Map<string, WatchedEvent>();
    const keyOf = ({ tx, blockHash }: WatchedEvent): string => `${tx} ${blockHash}`;
    let forgotten = 0;
    const watcher = new Watcher({
      client: publicClient(anvil.rpc, CHAIN_ID),
      address: token,
      abi: devTokenAbi,
      events: ['Transfer'],
      onEvent: (event) => {
        if (held.has(keyOf(event))) throw new Error('told twice');
        held.set(keyOf(event), event);
      },
      onForgotten: (event) => {
        forgotten += 1;
        if (!held.delete(keyOf(event))) throw new Error('forgotten without having been told');
      },
    });
    await anvil.rpc.call('anvil_mine', ['0xc']);
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'), { confirmations: 12 });
    await using _ = outbox;
    for (let depth = 1; depth <= 10; depth++) {
      for (let i = 0; i < 2; i++) await outbox.send(minted(`mint ${depth} ${i}`));
      await watcher.look();
      expect(held.size).toBe(depth * 2);
      await anvil.rpc.call('anvil_reorg', [depth, []]);
      await until(async () => {
        await watcher.look();
        return held.size === depth * 2 && (await onChain()) === depth * 2;
      }, `all events again after depth ${depth}`);
    }
    expect(forgotten).toBeGreaterThanOrEqual(10);
  });
});

const minted = (key: string) => ({
  key,
  to: token,
  data: encodeFunctionData({ abi: devTokenAbi, functionName: 'mint', args: [SENDER, 1n] }),
  gas: 150_000n,
});

const onChain = async (): Promise<number> =>
  (await anvil.rpc.call<unknown[]>('eth_getLogs', [{ address: token, fromBlock: '0x0' }])).length;
