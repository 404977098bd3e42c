/** Chains, senders and files for tests of the chain room. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@assay/core';
import { privateKeyToAddress } from 'viem/accounts';
import {
  openTxOutbox,
  type TxEvent,
  type TxOutbox,
  type TxOutboxOptions,
} from '../../../src/node/chain/index.ts';
import type { Rpc } from '../../../src/node/chain/index.ts';

/** A secret key by number. */
export const secretOf = (number: number): Uint8Array => {
  const secret = new Uint8Array(32);
  new DataView(secret.buffer).setUint32(28, 1_000 + number);
  return secret;
};

export const hexOf = (secret: Uint8Array): `0x${string}` => `0x${Buffer.from(secret).toString('hex')}`;

export const addressOf = (secret: Uint8Array): `0x${string}` => privateKeyToAddress(hexOf(secret));

/** A folder that is gone afterwards. */
export function scratch(): Disposable & { path(name: string): string } {
  const dir = mkdtempSync(join(tmpdir(), 'assay-chain-'));
  return {
    path: (name) => join(dir, name),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Gives `address` one ether on a development chain. */
export async function fund(rpc: Rpc, address: string, wei = 10n ** 18n): Promise<void> {
  await rpc.call('anvil_setBalance', [address, `0x${wei.toString(16)}`]);
}

export const CHAIN_ID = 31_337;

/** An outbox that is started and collects what it tells. */
export function outboxOf(
  rpc: Rpc,
  path: string,
  more: Partial<TxOutboxOptions> = {},
): { outbox: TxOutbox; events: TxEvent[] } {
  const events: TxEvent[] = [];
  const outbox = openTxOutbox({
    path,
    rpc,
    chainId: CHAIN_ID,
    secret: secretOf(1),
    confirmations: 1,
    clock: systemClock,
    pollMs: 20,
    onEvent: (event) => events.push(event),
    ...more,
  });
  outbox.start();
  return { outbox, events };
}

/** Waits for a condition, for as long as a loaded machine may need. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = performance.now() + 40_000; !(await condition());) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const nonceOf = async (rpc: Rpc, address: string): Promise<number> =>
  Number(await rpc.call<string>('eth_getTransactionCount', [address, 'latest']));

export const balanceOf = async (rpc: Rpc, address: string): Promise<bigint> =>
  BigInt(await rpc.call<string>('eth_getBalance', [address, 'latest']));
