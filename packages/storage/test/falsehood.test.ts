/** What proves a storage receipt false before strangers, and what an accuser might pass off as such a proof. */
import { sha256, utf8 } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { type Challenge, signAnswer } from '../src/challenge.ts';
import { Lane } from '../src/client/lane.ts';
import type { StorageNode } from '../src/client/ports.ts';
import { checkNode } from '../src/client/watch.ts';
import { encodeFalsehood, greetingNonce, receiptNonce, verifyFalsehood } from '../src/falsehood.ts';
import { hashLeaves, proveRange } from '../src/merkle.ts';
import { monotonicClock } from '../src/node/system-clock.ts';
import { type Boot, type Hello, signHello } from '../src/node-facts.ts';
import { Progress } from '../src/progress.ts';
import { type ShardRef, verifyShardReceipt } from '../src/receipt.ts';
import type { Revocation } from '../src/regression.ts';
import { shardRoot } from '../src/merkle.ts';
import { BOOT, cast, packHeader, receiptFor } from './fixtures.ts';
import { noise } from './model-files.ts';

const players = cast(6);
const { committee, signers } = players;
const body = noise(packHeader(1).shardLen, 5);
const header = { ...packHeader(1), roots: packHeader(1).roots.map(() => shardRoot(body)) };
/** Signed as record 3 of boot BOOT. */
const receipt = verifyShardReceipt(receiptFor(players, header, 2), committee);
const node = signers.find(
  ({ publicKey }) => Buffer.compare(publicKey, receipt.nodeId) === 0,
) as (typeof signers)[number];
const [OLD, NEW] = [utf8('an older boot 16'), utf8('a newer boot 16b')];
const boots = [
  { bootId: OLD, firstSeq: 0 },
  { bootId: BOOT, firstSeq: 2 },
  { bootId: NEW, firstSeq: 9 },
];

interface Told {
  readonly shows?: boolean;
  readonly shard?: Partial<ShardRef>;
  readonly leaf?: number;
  readonly bootId?: Uint8Array;
  readonly nextSeq?: number;
  readonly history?: readonly Boot[];
}

/** A proof in the form of the log, whatever it proves: verification alone decides. */
function proof({
  shows = false,
  shard = {},
  leaf = 0,
  bootId = BOOT,
  nextSeq = 4,
  history = boots,
}: Told): Uint8Array {
  const { networkId } = committee;
  const nodeId = node.publicKey;
  const leaves = [{ shard: { ...receipt.shard, ...shard }, leaf }];
  const challenge: Challenge = { networkId, nodeId, seed: sha256(utf8('seed')), leaves };
  const shown = { bytes: body, proof: proveRange(hashLeaves(body), { from: 0, to: 1 }) };
  const answer = signAnswer(challenge, [shows ? shown : null], { signer: node, bootId, nextSeq });
  const hello = signHello(
    { networkId, nodeId, nonce: greetingNonce(answer), nextSeq: 20, boots: history },
    node,
  );
  const evidence = { cause: 'failed-challenge', challenge, answer } as const;
  return encodeFalsehood({ revocation: { receipt, evidence } as unknown as Revocation, hello });
}

const convicts = (bytes: Uint8Array): boolean => {
  try {
    return verifyFalsehood(bytes, committee).evidence.cause === 'failed-challenge';
  } catch {
    return false;
  }
};

describe('a receipt is proven false', () => {
  it('by an answer of the same boot after it, and of any later boot of the same log', () => {
    expect(convicts(proof({ nextSeq: 4 }))).toBe(true);
    expect(convicts(proof({ bootId: NEW, nextSeq: 9 }))).toBe(true);
  });

  it.each<[string, Told]>([
    ['the node shows the leaf', { shows: true }],
    ['it answered before it was given the shard', { nextSeq: 3 }],
    ['it answered in an earlier boot', { bootId: OLD, nextSeq: 1_000 }],
    ['it answered in a log that is no more', { bootId: utf8('a boot of no log'), nextSeq: 1_000 }],
    ['the asker gave another length than was signed for', { shows: true, shard: { length: 640 } }],
    [
      'the asker gave another root than was signed for',
      { shows: true, shard: { root: sha256(utf8('other')) } },
    ],
    ['the asker asked for a leaf that the shard does not have', { leaf: 99 }],
    ['the asker asked for another shard', { shard: { index: 3 } }],
    [
      'the node’s log does not know the boot of the receipt',
      { history: [{ bootId: NEW, firstSeq: 0 }], bootId: NEW },
    ],
  ])('and not when %s', (_, told) => {
    expect(convicts(proof(told))).toBe(false);
  });

  it('and not by a greeting that may be older than the answer', () => {
    const bytes = proof({});
    const { networkId } = committee;
    const evidence = verifyFalsehood(bytes, committee).evidence;
    const hello = signHello(
      { networkId, nodeId: node.publicKey, nonce: sha256(utf8('before')), nextSeq: 20, boots },
      node,
    );
    const old = encodeFalsehood({ revocation: { receipt, evidence } as unknown as Revocation, hello });
    expect(convicts(old)).toBe(false);
  });

  it('by a history that was told after it and lacks it; an older one lacks it rightly, and convicts nobody', () => {
    const { networkId } = committee;
    const lost = [{ bootId: NEW, firstSeq: 0 }];
    const told = (nonce: Uint8Array, history: readonly Boot[], nextSeq: number): Uint8Array => {
      const hello = signHello({ networkId, nodeId: node.publicKey, nonce, nextSeq, boots: history }, node);
      const evidence = { cause: 'lost-ack', hello } as const;
      return encodeFalsehood({ revocation: { receipt, evidence } as unknown as Revocation, hello });
    };
    const younger = receiptNonce(receipt);
    expect(verifyFalsehood(told(younger, lost, 1), committee).evidence.cause).toBe('lost-ack');
    expect(() => verifyFalsehood(told(younger, boots, 20), committee)).toThrow(/does not void/);
    // The same boot a moment before record 3, and the boot before: what an honest node may have said at any time.
    const before = sha256(utf8('asked before'));
    expect(() => verifyFalsehood(told(before, boots.slice(0, 2), 3), committee)).toThrow(
      /after it had signed/,
    );
    expect(() => verifyFalsehood(told(before, boots.slice(0, 1), 2), committee)).toThrow(
      /after it had signed/,
    );
  });
});

describe('a greeting that a receipt overtakes', () => {
  it('is not held against that receipt: it was signed before', async () => {
    const progress = new Progress([{ bytes: 1_000, reused: false }], committee.profile);
    const { networkId } = committee;
    const older = { networkId, nodeId: node.publicKey, nextSeq: 3, boots: boots.slice(0, 2) };
    const hello = async (nonce: Uint8Array): Promise<Hello> => {
      const said = signHello({ ...older, nonce }, node);
      progress.receipt(0, receipt);
      return said;
    };
    const struck: number[] = [];
    const stop = new AbortController();
    const lane: Lane = new Lane({
      node: { id: node.publicKey, hello } as unknown as StorageNode,
      clock: monotonicClock,
      random: () => 0,
      probe: () => Promise.resolve(),
      onState: () => undefined,
      all: () => [lane],
      signal: stop.signal,
    });
    const nonce = (): Uint8Array => sha256(utf8('nonce'));
    const watch = { progress, nonce, signal: stop.signal };
    await checkNode(lane, { ...watch, onRevoked: ({ pack }) => void struck.push(pack) });
    expect(struck).toEqual([]);
    // Asked again, with the receipt in hand, the same words are a lie.
    await checkNode(lane, { ...watch, onRevoked: ({ pack }) => void struck.push(pack) });
    expect(struck).toEqual([0]);
    stop.abort();
  });
});
