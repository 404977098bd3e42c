/**
 * Those who pay, in one process: our client and the official ones, so that both are measured alike. Arguments: the chain
 * as JSON, our gateway, our policy file, the official server.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Assay, localWallet } from '@assay/sdk';
import { officialClient } from '../../packages/sdk/test/support/official-x402.ts';
import { chainOf } from './chain.ts';
import { answer } from './child.ts';
import { type Pairs, pairedMs, perSecond } from './clock.ts';

const [chainText = '', gateway = '', policyFile = '', officialUrl = ''] = process.argv.slice(2);
const chain = chainOf(chainText);
const wallet = localWallet(new Uint8Array(randomBytes(32)));
const ours = new Assay({
  gateway,
  policy: readFileSync(policyFile, 'utf8'),
  wallet,
  deposit: '1000',
  followProofs: false,
});
const exact = officialClient(chain, 'exact');
// The official scheme serves one request at a time on a payment channel: each worker has a wallet of its own.
const batch = Array.from({ length: 16 }, () => officialClient(chain, 'batch-settlement'));
let turn = 0;

const inputs = { x: [[21]] };
const get = (by: typeof fetch, path: string) => by(officialUrl + path).then((reply) => reply.text());
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  unpaid: () => ours.infer({ model: 'free', inputs }),
  paid: () => ours.infer({ model: 'scale', inputs }),
  'official unpaid': () => get(fetch, '/free'),
  'official exact': () => get(exact.fetch, '/exact'),
  'official batch': () => get(batch[turn++ % batch.length]!.fetch, '/batch'),
  'official batch alone': () => get(batch[0]!.fetch, '/batch'),
};

answer({
  addresses: () => [wallet.owner.address, exact.address, ...batch.map(({ address }) => address)],
  once: async (name: string) => void (await calls[name]!()),
  pairs: (less: string, more: string, count: number): Promise<Pairs> =>
    pairedMs(count, calls[less]!, calls[more]!),
  rate: (name: string, width: number, seconds: number) => perSecond(calls[name]!, width, seconds),
});
