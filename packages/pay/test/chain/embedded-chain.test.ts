/** The embedded chain: what it answered is never lost, and it never passes for a public chain (DESIGN 9, 12). */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  anvilBinary,
  deployDevContracts,
  devAddress,
  openEmbeddedChain,
  publicClient,
  readTokenBalance,
  startAnvil,
} from '../../src/node/chain/index.ts';
import { systemClock } from '@assay/core';
import { BATCH_SETTLEMENT_ADDRESS } from '@assay/core/money';
import { balanceOf, CHAIN_ID, scratch, until } from './support/lab.ts';

const PROCESS = fileURLToPath(new URL('./support/chain-process.ts', import.meta.url));
const TO = '0x00000000000000000000000000000000000000aa';

let files: ReturnType<typeof scratch>;
beforeEach(() => (files = scratch()));
afterEach(() => files[Symbol.dispose]());

const plain = { chainId: CHAIN_ID, genesis: 'test', found: async () => undefined, clock: systemClock };

describe('kill -9', () => {
  it('loses nothing that was answered, at any of several moments, over snapshots and torn tails', async () => {
    const path = files.path('chain.db');
    let paid = 0;
    for (const count of [1, 3, 8, 15]) {
      const { child, lines } = run(path, paid);
      await until(() => answered(lines).length >= count, `${count} payments`);
      const { pid } = /^pid (?<pid>\d+)/.exec(lines[0] ?? '')?.groups ?? {};
      child.kill('SIGKILL');
      await until(() => child.exitCode !== null || child.signalCode !== null, 'dead');
      await until(() => !isAlive(Number(pid)), 'anvil dead with its parent');
      const known = answered(lines);
      const chain = await openEmbeddedChain({ path, ...plain });
      for (const [, blockHash] of known) {
        expect(await chain.rpc.call('eth_getBlockByHash', [blockHash, false])).not.toBeNull();
      }
      const now = Number(await balanceOf(chain.rpc, TO));
      paid += known.length;
      // One may have been kept and executed with its answer never read.
      expect(now - paid).toBeGreaterThanOrEqual(0);
      expect(now - paid).toBeLessThanOrEqual(1);
      paid = now;
      await chain.stop();
    }
  });

  it('in the middle of being made, it is made anew', async () => {
    const path = files.path('chain.db');
    const broken = openEmbeddedChain({
      path,
      ...plain,
      found: async (rpc) => {
        await rpc.call('anvil_setBalance', [TO, '0x5']);
        throw new Error('power cut');
      },
    });
    await expect(broken).rejects.toThrow('power cut');
    const chain = await openEmbeddedChain({ path, ...plain });
    expect(await balanceOf(chain.rpc, TO)).toBe(0n);
    await chain.stop();
  });
});

describe('what it is', () => {
  it('has the development contracts where they belong, also after a restart', async () => {
    const path = files.path('chain.db');
    const found = { chainId: CHAIN_ID, arguments: { DevToken: [] }, funded: [TO] } as const;
    const options = {
      path,
      chainId: CHAIN_ID,
      clock: systemClock,
      genesis: 'contracts',
      found: (rpc) => deployDevContracts(rpc, found),
    } satisfies Parameters<typeof openEmbeddedChain>[0];
    for (let start = 0; start < 2; start++) {
      const chain = await openEmbeddedChain(options);
      expect(await chain.rpc.call<string>('eth_getCode', [BATCH_SETTLEMENT_ADDRESS, 'latest'])).not.toBe(
        '0x',
      );
      const token = devAddress('DevToken');
      expect(await readTokenBalance(publicClient(chain.rpc, CHAIN_ID), token, TO)).toBe(0n);
      // Repeated on a chain that has them, it changes nothing.
      await deployDevContracts(chain.rpc, found);
      expect(Number(await chain.rpc.call('eth_blockNumber'))).toBe(1);
      await chain.stop();
    }
  });

  it('refuses the id of a chain with real money, and a chain of another beginning', async () => {
    await expect(startAnvil({ chainId: 8_453 })).rejects.toMatchObject({ code: 'public-chain-id' });
    const path = files.path('chain.db');
    const chain = await openEmbeddedChain({ path, ...plain });
    await expect(openEmbeddedChain({ path, ...plain })).rejects.toMatchObject({ code: 'other-state' });
    await chain.stop();
    await expect(openEmbeddedChain({ path, ...plain, genesis: 'other' })).rejects.toMatchObject({
      code: 'other-state',
    });
    await expect(openEmbeddedChain({ path, ...plain, chainId: 31_338 })).rejects.toMatchObject({
      code: 'other-state',
    });
  });

  it('says what to install where anvil is missing', () => {
    expect(() => anvilBinary({ ASSAY_ANVIL: '/nowhere/anvil' })).toThrow(/binary-missing.*--free/);
  });

  it('takes times as they were: a transaction of yesterday is replayed into yesterday’s block', async () => {
    const path = files.path('chain.db');
    const { child, lines } = run(path, 0);
    await until(() => answered(lines).length >= 2, 'two payments');
    child.kill('SIGKILL');
    await until(() => child.signalCode !== null, 'dead');
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const chain = await openEmbeddedChain({ path, ...plain });
    const [, blockHash] = answered(lines)[0] ?? [];
    // The same hash is the same time, parent, state and receipts.
    expect(await chain.rpc.call('eth_getBlockByHash', [blockHash, false])).not.toBeNull();
    await chain.stop();
  });
});

function run(path: string, from: number): { child: ChildProcess; lines: string[] } {
  const child = spawn(process.execPath, [PROCESS, path, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = `${rest}${chunk.toString()}`.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return { child, lines };
}

/** Nonce and block of each payment that was answered. */
const answered = (lines: readonly string[]): [string, string][] =>
  lines.flatMap((line) => {
    const [, nonce, block] = /^paid (\d+) (0x[0-9a-f]{64})$/.exec(line) ?? [];
    return nonce === undefined || block === undefined ? [] : [[nonce, block] as [string, string]];
  });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
