/** A storage node process that signs for everything and stores nothing: `node lying-node.ts CONFIG.json`, as the real one. */
import { hex, randomBytes, sha256, type Signer, systemClock } from '@assay/core';
import {
  type Committee,
  committeeRoot,
  decodePackHeader,
  NodeError,
  type PutShard,
  type ShardReceipt,
  signAnswer,
  signBatch,
  signBlob,
  signHello,
} from '@assay/storage';
import type { NodeEngine } from '@assay/storage/node';
import type { AddressInfo } from 'node:net';
import { committeeOf } from '../../src/storage-client/description.ts';
import { loadStorageNodeConfig } from '../../src/storage-node/config.ts';
import { openGate } from '../../src/storage-node/gate.ts';
import { openStorageSeed } from '../../src/storage-node/seed.ts';
import { createStorageServer } from '../../src/storage-node/server.ts';

const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const config = loadStorageNodeConfig(String(process.argv[2]));
const signer = openStorageSeed(config.seedFile);
if (config.committee === undefined) print({ node: `ed25519:${hex(signer.publicKey)}` });
else {
  const engine = liar(signer, committeeOf(config.committee, systemClock));
  const server = createStorageServer({ engine, gate: openGate, onFault: (error) => console.error(error) });
  const [host, port] = config.listen.split(':');
  server.listen(Number(port), host, () =>
    print({ listening: `http://${host}:${(server.address() as AddressInfo).port}` }),
  );
}

/** Its history is in order, its signatures are good, and there is nothing behind them. */
function liar(by: Signer, committee: Committee): NodeEngine {
  const bootId = randomBytes(16);
  const { networkId, epoch } = committee;
  let nextSeq = 1;
  const nothing = (): Promise<never> => Promise.reject(new NodeError('not-found', { what: 'not here' }));
  const sign = ({ header, index }: PutShard): ShardReceipt => {
    const { roots, shardLen } = decodePackHeader(header);
    const shard = { packId: sha256(header), index, root: roots[index] as Uint8Array, length: shardLen };
    const place = { networkId, epoch, committeeRoot: committeeRoot(committee), nodeId: by.publicKey };
    const facts = { ...place, bootId, logSeq: nextSeq++, durability: 1, leaseEnd: epoch + 26 } as const;
    return signBatch([shard], facts, by)[0] as ShardReceipt;
  };
  return {
    id: by.publicKey,
    durability: 1,
    usage: { bytes: 0, quotaBytes: 1e12, shards: 0 },
    putShard: async (put) => sign(put),
    renewShard: nothing,
    getLeaves: nothing,
    getPage: nothing,
    hello: (nonce) => {
      const boots = [{ bootId, firstSeq: 0 }];
      return signHello({ networkId, nodeId: by.publicKey, nonce, nextSeq, boots }, by);
    },
    challenge: async (challenge) => {
      const shown = challenge.leaves.map(() => ({ bytes: randomBytes(64), proof: [] }));
      return signAnswer(challenge, shown, { signer: by, bootId, nextSeq });
    },
    seal: async ({ facts }) => signBlob(facts, committee, by),
    deleteBlob: nothing,
    scrub: async () => [],
    collect: async () => 0,
  };
}
