/** The watcher over real reorganisations: every event of the chain as it stands, each told once (issue 4, "Bad input"). */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFunctionData } from 'viem';
import {
  type Anvil,
  deployDevContracts,
  devAddress,
  devTokenAbi,
  publicClient,
  type Rpc,
  rpcClient,
  startAnvil,
  WatchCache,
  type WatchedEvent,
  Watcher,
} from '../../src/node/chain/index.ts';
import { faultyRpc } from './support/faulty-rpc.ts';
import { addressOf, CHAIN_ID, fund, outboxOf, scratch, secretOf, until } from './support/lab.ts';

const SENDER = addressOf(secretOf(1));
const token = devAddress('DevToken');
/** Blocks for which a watcher looks for a reorganisation. */
const DEPTH = 64;

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

it('a reorganisation right after the first look tells nothing twice that lies too deep for one', async () => {
  const told: string[] = [];
  const watcher = new Watcher({
    client: publicClient(anvil.rpc, CHAIN_ID),
    address: token,
    abi: devTokenAbi,
    events: ['Transfer'],
    onEvent: ({ tx }) => told.push(tx),
  });
  const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'));
  await using _ = outbox;
  for (const key of ['a', 'b']) await outbox.send(minted(key));
  await anvil.rpc.call('anvil_mine', ['0x64']);
  await watcher.look();
  await anvil.rpc.call('anvil_reorg', [2, []]);
  await watcher.look();
  expect(told).toHaveLength(2);
});

describe('a watcher that goes on from where another had come to', () => {
  it('asks for the new blocks only; holds exactly the events of the chain through reorganisations in between', async () => {
    const wire = await faultyRpc(anvil.rpc.url);
    const rpc = rpcClient(wire.url);
    const asked: number[] = [];
    wire.set((method, text) => {
      if (method === 'eth_getLogs') {
        const { params } = JSON.parse(text) as { params: [{ fromBlock: string }] };
        asked.push(Number(params[0].fromBlock));
      }
      return 'none';
    });
    const path = files.path('watched.json');
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'), { confirmations: 12 });
    await using _ = outbox;
    await anvil.rpc.call('anvil_mine', [`0x${(2 * DEPTH).toString(16)}`]);
    const head = async (): Promise<number> => Number(await anvil.rpc.call<string>('eth_blockNumber'));
    for (let depth = 0; depth <= 6; depth++) {
      const before = await head();
      await outbox.send(minted(`resumed ${depth}`));
      if (depth > 0) await anvil.rpc.call('anvil_reorg', [depth, []]);
      asked.length = 0;
      const sent = depth + 1;
      await until(
        async () => (await resumed(rpc, path)) === sent && (await onChain()) === sent,
        'all events',
      );
      // The first time everything is read; then nothing below what a reorganisation can have changed.
      if (depth > 0) expect(Math.min(...asked)).toBeGreaterThan(before - DEPTH);
    }
    const before = await head();
    expect(await resumed(rpc, path)).toBe(7);
    asked.length = 0;
    await outbox.send(minted('last'));
    expect(await resumed(rpc, path)).toBe(8);
    expect(Math.min(...asked)).toBeGreaterThan(before);
    rpc.close();
    await wire.close();
  });

  it('reads everything again from another chain, and from a file that is torn or of something else', async () => {
    const path = files.path('watched.json');
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'));
    await outbox.send(minted('one'));
    await outbox.send(minted('two'));
    expect(await resumed(anvil.rpc, path)).toBe(2);
    for (const break_ of [
      (text: string) => text.slice(0, text.length / 2),
      (text: string) => text.replaceAll('Transfer', 'Approval'),
      () => '[]',
      () => '',
    ]) {
      writeFileSync(path, break_(readFileSync(path, 'utf8')));
      expect(await resumed(anvil.rpc, path)).toBe(2);
    }
    await outbox[Symbol.asyncDispose]();
    await anvil.stop();
    anvil = await startAnvil({ chainId: CHAIN_ID });
    await deployDevContracts(anvil.rpc, { chainId: CHAIN_ID, arguments: { DevToken: [] }, funded: [] });
    await fund(anvil.rpc, SENDER);
    await anvil.rpc.call('anvil_mine', ['0x40']);
    const other = outboxOf(anvil.rpc, files.path('other.db')).outbox;
    await using _ = other;
    await other.send(minted('elsewhere'));
    expect(await resumed(anvil.rpc, path)).toBe(1);
  });
});

/** A watcher's whole life: takes up what is kept, looks once, keeps what it holds. Returns how many events it holds then. */
async function resumed(rpc: Rpc, path: string): Promise<number> {
  const cache = new WatchCache(path, `Transfer of ${token}`);
  const kept = cache.load();
  const holds = new Set(kept?.holds);
  const keyOf = ({ tx, blockHash }: WatchedEvent): string => `${tx} ${blockHash}`;
  const watcher = new Watcher({
    client: publicClient(rpc, CHAIN_ID),
    address: token,
    abi: devTokenAbi,
    events: ['Transfer'],
    resume: kept,
    onEvent: (event) => holds.add(keyOf(event)),
    onForgotten: (event) => {
      if (!holds.delete(keyOf(event))) throw new Error('forgotten without having been told');
    },
    onReset: () => holds.clear(),
  });
  await watcher.look();
  cache.save({ ...watcher.watchedTo, holds: [...holds] });
  return holds.size;
}

const minted = (key: string) => ({
  key,
  to: token,
  data: encodeFunctionData({ abi: devTokenAbi, functionName: 'mint', args: [SENDER, 1n] }),
  gas: 150_000n,
});

const onChain = async (): Promise<number> =>
  (await anvil.rpc.call<unknown[]>('eth_getLogs', [{ address: token, fromBlock: '0x0' }])).length;
