/** What a node signs besides receipts: its boot history (what its log still covers) and the loss of a shard. */
import { concat, ed25519Verify, equal, type Signer, utf8 } from '@assay/core';
import { le } from './bytes.ts';
import type { Receipt } from './receipt.ts';

/** A start of the node and the first sequence it could write. */
export interface Boot {
  readonly bootId: Uint8Array;
  readonly firstSeq: number;
}

/** A node's answer to "what does your log cover?", fresh by the asker's nonce. */
export interface Hello {
  readonly networkId: Uint8Array;
  readonly nodeId: Uint8Array;
  readonly nonce: Uint8Array;
  /** The sequence of the next record. */
  readonly nextSeq: number;
  /** Every boot the log remembers, oldest first. A wiped disk remembers one. */
  readonly boots: readonly Boot[];
  readonly signature: Uint8Array;
}

type Unsigned<T> = Omit<T, 'signature'>;

function helloBytes(hello: Unsigned<Hello>): Uint8Array {
  const boots = hello.boots.flatMap(({ bootId, firstSeq }) => [bootId, le(firstSeq, 8)]);
  const fixed = [hello.networkId, hello.nodeId, hello.nonce, le(hello.nextSeq, 8), le(hello.boots.length, 4)];
  return concat(utf8('ain.boot.v1\0'), ...fixed, ...boots);
}

export function signHello(hello: Unsigned<Hello>, signer: Signer): Hello {
  return { ...hello, signature: signer.sign(helloBytes(hello)) };
}

/** Whether the node itself signed this, for this nonce. */
export function verifyHello(hello: Hello, nonce: Uint8Array): boolean {
  return equal(hello.nonce, nonce) && ed25519Verify(hello.nodeId, helloBytes(hello), hello.signature);
}

/** Whether the log that `hello` describes still covers the batch of a receipt of the same node. */
export function covers(hello: Hello, { bootId, logSeq }: Pick<Receipt, 'bootId' | 'logSeq'>): boolean {
  const at = hello.boots.findIndex((boot) => equal(boot.bootId, bootId));
  if (at < 0) return false;
  const end = hello.boots[at + 1]?.firstSeq ?? hello.nextSeq;
  return (hello.boots[at]?.firstSeq ?? 0) <= logSeq && logSeq < end;
}

/** A node's own word that it no longer has a shard it gave a receipt for. */
export interface Tombstone {
  readonly networkId: Uint8Array;
  readonly nodeId: Uint8Array;
  readonly packId: Uint8Array;
  readonly index: number;
  readonly signature: Uint8Array;
}

function tombstoneBytes({ networkId, nodeId, packId, index }: Unsigned<Tombstone>): Uint8Array {
  return concat(utf8('ain.tombstone.v1\0'), networkId, nodeId, packId, le(index, 2));
}

export function signTombstone(tombstone: Unsigned<Tombstone>, signer: Signer): Tombstone {
  return { ...tombstone, signature: signer.sign(tombstoneBytes(tombstone)) };
}

/** Whether the node itself signed this. */
export function verifyTombstone(tombstone: Tombstone): boolean {
  return ed25519Verify(tombstone.nodeId, tombstoneBytes(tombstone), tombstone.signature);
}
