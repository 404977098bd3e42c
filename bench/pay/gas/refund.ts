/** T10: a class refund of a whole batch, exact to the unit for every payer. */
import { evmHex, indexBits, merkleProof, merkleRoot, refundLeafHash } from '@assay/core/money';
import { keccak256, toHex, type Abi, type Hex } from 'viem';
import { PRICE, provenCharge, type PostedBatch } from './batch.ts';
import { VETO, abis, type MoneyWorld } from '../../../contracts/test/support/money-world.ts';

/** Gas of each step, and whether every payer has exactly what it paid. */
export interface RefundFigures {
  readonly propose: number;
  readonly execute: number;
  /** One payer's whole share: the first, and the mean of the others. */
  readonly firstClaim: number;
  readonly nextClaims: number;
  /** One charge by its own proof, the way out. */
  readonly single: number;
  readonly exact: boolean;
}

/** Refunds every charge of a batch but the last, whose payer takes it back by itself. */
export async function measureRefund(world: MoneyWorld, batch: PostedBatch): Promise<RefundFigures> {
  const main = await refundAll(world, batch);
  const single = await refundOne(world, batch);
  return { ...main, single };
}

async function refundAll(world: MoneyWorld, batch: PostedBatch): Promise<Omit<RefundFigures, 'single'>> {
  const incident = keccak256(toHex('an upheld incident'));
  const charges = batch.charges.slice(0, -1);
  const shares = world.payers.map(({ address }) => {
    const mine = charges.filter(({ payer }) => payer === address);
    const receipts = mine.map(({ logIndex }) => Number(logIndex));
    return { incident, payer: address, amount: PRICE * BigInt(mine.length), receipts };
  });
  const leaves = [...shares.map(refundLeafHash), ...batch.leaves.slice(0, -1)];
  const plan = planOf(world, { incident, batch, leaves, count: charges.length });
  const propose = await vault(world, 'proposeRefund', [plan]);
  await pass(world, VETO);
  const execute = await vault(world, 'executeRefund', [plan]);

  const gas: number[] = [];
  let exact = true;
  for (const [i, share] of shares.entries()) {
    const before = await world.balance(share.payer);
    const proof = merkleProof(leaves, i).map(evmHex);
    gas.push(
      await vault(world, 'claimRefund', [
        incident,
        share.payer,
        share.amount,
        indexBits(share.receipts),
        proof,
      ]),
    );
    exact &&= (await world.balance(share.payer)) - before === share.amount;
  }
  const [firstClaim = 0, ...rest] = gas;
  return { propose, execute, firstClaim, nextClaims: mean(rest), exact };
}

async function refundOne(world: MoneyWorld, batch: PostedBatch): Promise<number> {
  const incident = keccak256(toHex('another upheld incident'));
  const leaves = batch.leaves.slice(-1);
  const plan = planOf(world, { incident, batch, leaves, count: 1 });
  await vault(world, 'proposeRefund', [plan]);
  await pass(world, VETO);
  await vault(world, 'executeRefund', [plan]);
  const last = provenCharge(batch, batch.charges.length - 1);
  return vault(world, 'claimCharge', [incident, last, []]);
}

function planOf(
  world: MoneyWorld,
  of: { incident: Hex; batch: PostedBatch; leaves: readonly Uint8Array[]; count: number },
) {
  const total = PRICE * BigInt(of.count);
  const takes = [...world.nodes, world.treasury].map((account) => ({
    batch: of.batch.number,
    account,
    amount: total,
  }));
  return {
    incident: of.incident,
    root: evmHex(merkleRoot(of.leaves)),
    total,
    count: of.count,
    takes,
    stakes: [],
  };
}

async function vault(world: MoneyWorld, functionName: string, args: readonly unknown[]): Promise<number> {
  return world.gas(world.at.vault, abis.vault as Abi, functionName, args);
}

async function pass(world: MoneyWorld, seconds: number): Promise<void> {
  await world.chain.client.increaseTime({ seconds });
  await world.chain.client.mine({ blocks: 1 });
}

const mean = (list: readonly number[]): number =>
  Math.round(list.reduce((sum, n) => sum + n, 0) / Math.max(1, list.length));
