/** Batches of charges spread over ten payers and three nodes, as the settler posts them. */
import {
  channelLeafHash,
  chargeLeafHash,
  evmHex,
  merkleProof,
  merkleRoot,
  type ChargeLeaf,
} from '@assay/core/money';
import { keccak256, toHex, type Abi, type Hex } from 'viem';
import { abis, type MoneyWorld } from '../../../contracts/test/support/money-world.ts';

/** Every request costs this, in the token's unit; a tenth of it is the fee. */
export const PRICE = 1_000n;
const FEE = 100n;
/** A request leaves three entries in the log: receipt, delivery, charge. */
const ENTRIES_PER_REQUEST = 3;

/** A posted batch and what was charged in it. */
export interface PostedBatch {
  readonly number: bigint;
  readonly charges: readonly ChargeLeaf[];
  readonly leaves: readonly Uint8Array[];
  readonly gas: number;
}

/** Posts the next batch of `count` charges. The money must be in the vault and the log anchored. */
export async function postBatch(world: MoneyWorld, count: number, from: bigint): Promise<PostedBatch> {
  const number = BigInt(await read(world, 'batchCount')) + 1n;
  const charges = Array.from({ length: count }, (_, i) => chargeOf(world, { number, i, from }));
  const leaves = charges.map(chargeLeafHash);
  const channels = await Promise.all(
    world.payers.map(async (payer) =>
      channelLeafHash({ batch: number, paymentChannel: await world.channelId(payer), cumulative: 1n }),
    ),
  );
  const post = {
    number,
    from,
    to: from + BigInt(count * ENTRIES_PER_REQUEST),
    count,
    root: evmHex(merkleRoot(leaves)),
    channelsRoot: evmHex(merkleRoot(channels)),
    credits: creditsOf(world, charges),
    captures: [],
  };
  const gas = await world.gas(world.at.vault, abis.vault as Abi, 'postBatch', [post]);
  return { number, charges, leaves, gas };
}

/** A charge with its audit path, as the vault's functions take it. */
export function provenCharge(batch: PostedBatch, index: number): { charge: ChargeLeaf; proof: Hex[] } {
  const charge = batch.charges[index];
  if (charge === undefined) throw new Error(`no charge ${index}`);
  return { charge, proof: merkleProof(batch.leaves, index).map(evmHex) };
}

function chargeOf(
  world: MoneyWorld,
  { number, i, from }: { number: bigint; i: number; from: bigint },
): ChargeLeaf {
  const logIndex = from + BigInt(i * ENTRIES_PER_REQUEST);
  const digest = (what: string): Hex => keccak256(toHex(`${what} ${logIndex}`));
  return {
    batch: number,
    receiptId: digest('receipt'),
    entryLeaf: digest('entry'),
    logIndex,
    payer: world.payers[i % world.payers.length]?.address ?? '0x',
    node: world.nodes[i % world.nodes.length] ?? '0x',
    version: digest('version'),
    priceBook: digest('price'),
    amount: PRICE,
    fee: FEE,
  };
}

function creditsOf(world: MoneyWorld, charges: readonly ChargeLeaf[]): { account: Hex; amount: bigint }[] {
  const sums = new Map<string, bigint>();
  const add = (to: string, amount: bigint): unknown => sums.set(to, (sums.get(to) ?? 0n) + amount);
  for (const { node, amount, fee } of charges) {
    add(node, amount - fee);
    add(world.treasury, fee);
  }
  return Array.from(sums, ([to, amount]) => ({ account: to as Hex, amount })).toSorted((a, b) =>
    a.account.toLowerCase() < b.account.toLowerCase() ? -1 : 1,
  );
}

async function read(world: MoneyWorld, functionName: 'batchCount' | 'coveredTo'): Promise<bigint> {
  return world.chain.client.readContract({ address: world.at.vault, abi: abis.vault, functionName });
}
