/**
 * Gas of the contracts on a chain of its own, beside one EIP-3009 transfer: T4 and T10. `node bench/pay/gas/main.ts [--json]`
 *
 * Gas does not depend on the machine; what is measured is receipts of real transactions.
 */
import { toHex, type Abi } from 'viem';
import { PRICE, postBatch } from './batch.ts';
import { measureRefund } from './refund.ts';
import { abis, MoneyWorld, HOLD } from '../../../contracts/test/support/money-world.ts';

const world = await MoneyWorld.start();
try {
  const figures = await measure();
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
  else report(figures);
} finally {
  await world.chain.stop();
}

async function measure() {
  for (const { address } of world.payers) await world.mint(address, 10_000_000n);
  await world.transferWithAuthorization(toHex(1, { size: 32 }));
  const transfer = await world.transferWithAuthorization(toHex(2, { size: 32 }));

  const deposits: number[] = [];
  for (const payer of world.payers) deposits.push(await world.deposit(payer, 5_000_000n));
  const anchored = await world.anchor(300n);
  const firstClaim = await world.claimAll(10n * PRICE);
  const firstSweep = await world.sweep();
  const hundred = await postBatch(world, 100, 0n);
  await world.anchor(3_300n);
  const claim = await world.claimAll(110n * PRICE);
  const sweep = await world.sweep();
  const thousand = await postBatch(world, 1_000, 300n);
  const refund = await measureRefund(world, thousand);

  await world.chain.client.increaseTime({ seconds: HOLD });
  await world.chain.client.mine({ blocks: 1 });
  const withdraw = await world.gas(world.at.vault, abis.vault as Abi, 'withdraw', [
    world.nodes[0],
    [hundred.number],
  ]);
  return {
    transfer,
    deposit: { first: deposits[0], next: deposits[1] },
    claim10: { first: firstClaim, again: claim },
    sweep: { first: firstSweep, again: sweep },
    anchor: anchored,
    batch: { '100 first of the vault': hundred.gas, '1000': thousand.gas },
    withdraw,
    refund,
    ratios: {
      'T4 N=100, batch': (transfer * 100) / hundred.gas,
      'T4 N=1000, batch': (transfer * 1_000) / thousand.gas,
      'T4 N=1000, batch + claim + sweep': (transfer * 1_000) / (thousand.gas + claim + sweep),
      'T4 N=1000, batch + claim + sweep + anchor':
        (transfer * 1_000) / (thousand.gas + claim + sweep + anchored),
    },
  };
}

function report(f: Awaited<ReturnType<typeof measure>>): void {
  const rows: [string, number | undefined][] = [
    ['transferWithAuthorization, the anchor', f.transfer],
    ['deposit into a payment channel, first / next', f.deposit.first],
    ['', f.deposit.next],
    ['claim on 10 payment channels, first / again', f.claim10.first],
    ['', f.claim10.again],
    ['sweep to the vault', f.sweep.again],
    ['anchor a checkpoint, 3 witnesses', f.anchor],
    ['batch of 100, the first of the vault', f.batch['100 first of the vault']],
    ['batch of 1,000', f.batch['1000']],
    ['withdraw one batch', f.withdraw],
    ['class refund of 999: propose', f.refund.propose],
    ['class refund of 999: execute; from here it is claimable', f.refund.execute],
    ['a payer takes its 100, first / next', f.refund.firstClaim],
    ['', f.refund.nextClaims],
    ['one charge by its own proof', f.refund.single],
  ];
  for (const [what, gas] of rows)
    console.log(`${what.padEnd(58)} ${(gas ?? 0).toLocaleString('en').padStart(10)}`);
  const asked: [keyof typeof f.ratios, number][] = [
    ['T4 N=100, batch', 25],
    ['T4 N=1000, batch', 300],
    ['T4 N=1000, batch + claim + sweep', 120],
  ];
  for (const [what, least] of asked) {
    const times = f.ratios[what];
    console.log(
      `${what}: 1/${times.toFixed(0)} of a transfer per request (asked 1/${least}): ${times >= least ? 'met' : 'NOT met'}`,
    );
  }
  const all = f.ratios['T4 N=1000, batch + claim + sweep + anchor'];
  console.log(`and with the anchor: 1/${all.toFixed(0)}`);
  console.log(
    `T10: claimable after 2 transactions (asked 3), every payer exact to the unit: ${f.refund.exact ? 'met' : 'NOT met'}`,
  );
}
