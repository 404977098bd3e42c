/** The vault judges leaves, proofs and signatures that are made by the code that makes them in production. */
import {
  channelLeafHash,
  chargeLeafHash,
  evmHex,
  indexBits,
  merkleProof,
  merkleRoot,
  refundLeafHash,
  type ChargeLeaf,
} from '@assay/core/money';
import { inclusionProof, leafHash, rootFromLeaves } from '@assay/log';
import { keccak256, toHex, type Abi, type Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOLD, MoneyWorld, VETO, abis } from './support/money-world.ts';

const CLAIMED = 1_000n;
const CAPTURED = 900n;
const entries = Array.from({ length: 9 }, (_, i) => leafHash(new TextEncoder().encode(`entry ${i}`)));

let world: MoneyWorld;
let charges: ChargeLeaf[];
let leaves: Uint8Array[];
let channels: Uint8Array[];

beforeAll(async () => {
  world = await MoneyWorld.start();
  for (const payer of world.payers) {
    await world.mint(payer.address, 10_000n);
    await world.deposit(payer, 10_000n);
  }
  await world.claimAll(CLAIMED);
  await world.sweep();
  await world.anchor(9n, evmHex(rootFromLeaves(entries)));
  charges = [0, 4, 8].map((logIndex) => chargeOf(logIndex));
  leaves = charges.map(chargeLeafHash);
  channels = await Promise.all(
    world.payers.map(async (payer) =>
      channelLeafHash({ batch: 1n, paymentChannel: await world.channelId(payer), cumulative: CAPTURED }),
    ),
  );
  await vault('postBatch', [
    {
      number: 1n,
      from: 0n,
      to: 9n,
      count: 3,
      root: evmHex(merkleRoot(leaves)),
      channelsRoot: evmHex(merkleRoot(channels)),
      credits: [
        { account: world.nodes[0], amount: 810n },
        { account: world.treasury, amount: 90n },
      ].toSorted((a, b) => (String(a.account).toLowerCase() < b.account!.toLowerCase() ? -1 : 1)),
      captures: [],
    },
  ]);
}, 60_000);

afterAll(async () => {
  await world?.chain.stop();
});

describe('leaves and proofs of production, judged by the vault', () => {
  it("PROTOCOL 7.3: a challenged charge is opened by the log's own inclusion proof", async () => {
    for (const index of [0, 1, 2]) {
      await vault('challengeCharge', [proven(index)]);
      const at = Number(charges[index]!.logIndex);
      const path = inclusionProof(at, 9, nodeAt).map(evmHex);
      await expect(vault('openCharge', [proven(index), 9n, path.toReversed().slice(1)])).rejects.toThrow();
      await vault('openCharge', [proven(index), 9n, path]);
      expect(await read('opened', [evmHex(leaves[index]!)])).toBe(true);
    }
  });

  it('a challenged credit is opened by its charges', async () => {
    await vault('challengeCredit', [1n, world.nodes[0]]);
    await vault('openCredit', [1n, world.nodes[0], [proven(0), proven(1), proven(2)]]);
    expect(await read('opened', [await read('creditSubject', [1n, world.nodes[0]])])).toBe(true);
  });

  it('PROTOCOL 7.4: what was claimed beyond the captured total goes back to the payer', async () => {
    const payer = world.payers[3]!;
    await world.vaultAs(payer.address, 'disputeExcess', [world.channel(payer)]);
    const path = merkleProof(channels, 3).map(evmHex);
    await vault('showCaptured', [await world.channelId(payer), 1n, CAPTURED, path]);
    await pass(HOLD);
    await vault('takeExcess', [world.channel(payer)]);
    expect(await world.balance(payer.address)).toBe(CLAIMED - CAPTURED);
  });

  it('PROTOCOL 7.6: a refund entry pays its payer once, to the unit', async () => {
    await world.claimAll(2n * CLAIMED);
    await world.sweep();
    const payer = world.payers[1]!.address;
    const again = [2, 6].map((logIndex) => ({ ...chargeOf(logIndex), batch: 2n, payer }));
    const posted = again.map(chargeLeafHash);
    const root = evmHex(merkleRoot(posted));
    const account = world.nodes[1]!;
    const credits = [{ account, amount: 600n }];
    await vault('postBatch', [
      { number: 2n, from: 9n, to: 9n, count: 2, root, channelsRoot: ZERO, credits, captures: [] },
    ]);
    const incident = keccak256(toHex('incident'));
    const share = { incident, payer, amount: 600n, receipts: [2, 6] };
    const entry = [refundLeafHash(share), ...posted];
    const takes = [{ batch: 2n, account, amount: 600n }];
    const plan = { incident, root: evmHex(merkleRoot(entry)), total: 600n, count: 2, takes, stakes: [] };
    await vault('proposeRefund', [plan]);
    await pass(VETO);
    await vault('executeRefund', [plan]);
    const claim = [incident, payer, 600n, indexBits(share.receipts), merkleProof(entry, 0).map(evmHex)];
    await vault('claimRefund', claim);
    expect(await world.balance(payer)).toBe(600n);
    await expect(vault('claimRefund', claim)).rejects.toThrow(/AlreadyRefunded/);
  });
});

const ZERO = toHex(0, { size: 32 });

function chargeOf(logIndex: number): ChargeLeaf {
  return {
    batch: 1n,
    receiptId: keccak256(toHex(`receipt ${logIndex}`)),
    entryLeaf: evmHex(entries[logIndex]!),
    logIndex: BigInt(logIndex),
    payer: world.payers[0]!.address,
    node: world.nodes[0]!,
    version: keccak256(toHex('version')),
    priceBook: keccak256(toHex('price book')),
    amount: 300n,
    fee: 30n,
  };
}

function proven(index: number): { charge: ChargeLeaf; proof: Hex[] } {
  return { charge: charges[index]!, proof: merkleProof(leaves, index).map(evmHex) };
}

/** Root of a complete run of entries, as a log stores its nodes. */
function nodeAt(level: number, index: number): Uint8Array {
  const width = 2 ** level;
  return rootFromLeaves(entries.slice(index * width, (index + 1) * width));
}

async function vault(functionName: string, args: readonly unknown[]): Promise<number> {
  return world.gas(world.at.vault, abis.vault as Abi, functionName, args);
}

async function read(functionName: string, args: readonly unknown[]): Promise<unknown> {
  return world.chain.client.readContract({
    address: world.at.vault,
    abi: abis.vault,
    functionName,
    args,
  } as never);
}

async function pass(seconds: number): Promise<void> {
  await world.chain.client.increaseTime({ seconds });
  await world.chain.client.mine({ blocks: 1 });
}
