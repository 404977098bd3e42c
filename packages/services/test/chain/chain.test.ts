/** The embedded chain's process: what any chain answers, nothing by which it could be changed unseen, nothing lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@assay/core';
import { devAddress, devTokenAbi, DEV_FAUCET_KEY, publicClient, type Rpc, rpcClient } from '@assay/pay/node';
import { encodeFunctionData, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainConfigSchema } from '../../src/chain/config.ts';
import { startChain } from '../../src/chain/start.ts';
import type { RunningService } from '../../src/serving/index.ts';
import { genesisOf } from '../support/money.ts';

const SOMEBODY = '0x00000000000000000000000000000000000000aa';
const dir = mkdtempSync(join(tmpdir(), 'assay-chain-'));
const config = chainConfigSchema.parse({
  listen: '127.0.0.1:0',
  database: join(dir, 'chain.db'),
  chainId: 31_337,
  funded: [],
  genesis: genesisOf('example.org/log', { settler: SOMEBODY, treasury: SOMEBODY }),
});
const account = privateKeyToAccount(DEV_FAUCET_KEY);
const token = devAddress('DevToken');
let service: RunningService;
let rpc: Rpc;
let client: PublicClient;

async function start(): Promise<void> {
  service = await startChain(config, { clock: systemClock });
  rpc = rpcClient(service.ready.listening);
  client = publicClient(rpc, config.chainId);
}

const minted = (nonce: number, amount = 5n): Promise<string> =>
  account.signTransaction({
    type: 'eip1559',
    chainId: config.chainId,
    nonce,
    to: token,
    data: encodeFunctionData({ abi: devTokenAbi, functionName: 'mint', args: [account.address, amount] }),
    gas: 200_000n,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 1n,
  });

const balance = (): Promise<bigint> =>
  client.readContract({
    address: token,
    abi: devTokenAbi,
    functionName: 'balanceOf',
    args: [account.address],
  });

beforeAll(start);
afterAll(async () => {
  rpc.close();
  await service.stop();
  rmSync(dir, { recursive: true });
});

describe('the embedded chain over JSON-RPC', () => {
  it('takes signed transactions, and has them after a restart', async () => {
    const hash = await rpc.call<string>('eth_sendRawTransaction', [await minted(0)]);
    const receipt = await rpc.call<{ transactionHash: string }>('eth_sendRawTransactionSync', [
      await minted(1),
    ]);
    expect(receipt).toMatchObject({ status: '0x1' });
    expect(await balance()).toBe(10n);
    rpc.close();
    await service.stop();
    await start();
    expect(await balance()).toBe(10n);
    expect(await rpc.call('eth_getTransactionReceipt', [hash])).toMatchObject({ status: '0x1' });
  });

  it('takes one transaction once: the second time its nonce is used', async () => {
    await expect(rpc.call('eth_sendRawTransaction', [await minted(1)])).rejects.toMatchObject({
      code: 'answer',
    });
    expect(await balance()).toBe(10n);
  });

  it('refuses one whose turn has not come, and bytes that are none, and goes on', async () => {
    await expect(rpc.call('eth_sendRawTransaction', [await minted(9)])).rejects.toThrow(/nonce too high/);
    await expect(rpc.call('eth_sendRawTransaction', ['0x1234'])).rejects.toThrow(/not a signed transaction/);
    await rpc.call('eth_sendRawTransaction', [await minted(2)]);
    expect(await balance()).toBe(15n);
  });

  it.each([
    'anvil_setBalance',
    'evm_increaseTime',
    'eth_sendTransaction',
    'eth_sign',
    'debug_traceCall',
    'hardhat_reset',
  ])('does not answer %s', async (method) => {
    await expect(rpc.call(method, [])).rejects.toMatchObject({ rpcCode: -32_601 });
  });

  it('judges calls by the time it is, not by that of its newest block', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_600));
    // TIMESTAMP PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    const time = Number(await rpc.call('eth_call', [{ data: '0x425f5260205ff3' }, 'latest']));
    expect(Math.abs(time - Date.now() / 1_000)).toBeLessThan(1.5);
  });

  it('answers batches in order, and says what is not JSON-RPC', async () => {
    const post = (body: string): Promise<Response> => fetch(rpc.url, { method: 'POST', body });
    const calls = [
      { jsonrpc: '2.0', id: 7, method: 'eth_chainId' },
      { jsonrpc: '2.0', id: 8, method: 'anvil_mine' },
    ];
    expect(await (await post(JSON.stringify(calls))).json()).toMatchObject([
      { id: 7, result: '0x7a69' },
      { id: 8, error: { code: -32_601 } },
    ]);
    expect(await (await post('{')).json()).toMatchObject({ error: { code: -32_700 } });
    expect(await (await post('7')).json()).toMatchObject({ error: { code: -32_600 } });
  });
});
