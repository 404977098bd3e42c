/** A process that runs an embedded chain and pays on it for ever, until somebody kills it. Prints what was answered. */
import { systemClock } from '@assay/core';
import { openEmbeddedChain } from '../../../src/node/chain/index.ts';
import { privateKeyToAccount } from 'viem/accounts';

const [, , path = '', from = '0'] = process.argv;
const KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
const TO = '0x00000000000000000000000000000000000000aa';

const chain = await openEmbeddedChain({
  path,
  chainId: 31_337,
  genesis: 'test',
  found: async () => undefined,
  clock: systemClock,
  snapshotEvery: 7,
});
const account = privateKeyToAccount(KEY);
process.stdout.write(`pid ${chain.pid}\n`);
for (let nonce = Number(from); ; nonce++) {
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId: 31_337,
    nonce,
    to: TO,
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 1n,
  });
  const receipt = (await chain.send(raw)) as { blockHash: string };
  process.stdout.write(`paid ${nonce} ${receipt.blockHash}\n`);
}
