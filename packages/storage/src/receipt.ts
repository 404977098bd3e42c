/** A node's signature for one fdatasync, and the proof that a shard was in it. */
import { concat, equal, hex, type Signer, utf8 } from '@assay/core';
import { le, readLe } from './bytes.ts';
import { type Cbor, decodeCbor, encodeCbor } from './cbor.ts';
import { type Committee, committeeRoot } from './committee.ts';
import { ReceiptError } from './errors.ts';
import { hashLeaf, proveRange, rangeRoot, treeRoot } from './merkle.ts';
import { Shape } from './shape.ts';
import { verifyOnce } from './verified-signatures.ts';

const TAG = utf8('ain.receipt.v1\0');
const RECEIPT_BYTES = TAG.length + 32 + 8 + 32 + 32 + 16 + 8 + 1 + 8 + 32;

/** What a receipt's bytes survive: 1 = fdatasync returned, 2 = a provider attests it, 3 = another network does. */
export type Durability = 1 | 2 | 3;

/** What a node signs when an fdatasync has returned. */
export interface Receipt {
  readonly networkId: Uint8Array;
  readonly epoch: number;
  readonly committeeRoot: Uint8Array;
  readonly nodeId: Uint8Array;
  /** Drawn at each start of the node: what was not synced before a crash is under no later boot. */
  readonly bootId: Uint8Array;
  /** Log sequence of the batch's last record. */
  readonly logSeq: number;
  readonly durability: Durability;
  /** The epoch before which the node will not delete. */
  readonly leaseEnd: number;
  /** Merkle root over `shardLeaf` of everything the fdatasync covered. */
  readonly batchRoot: Uint8Array;
}

/** A shard as a batch commits to it. */
export interface ShardRef {
  readonly packId: Uint8Array;
  readonly index: number;
  readonly root: Uint8Array;
  readonly length: number;
}

/** A receipt with the place of one shard in its batch. */
export interface ShardReceipt {
  /** Exact signed bytes. */
  readonly receipt: Uint8Array;
  readonly signature: Uint8Array;
  readonly shard: ShardRef;
  readonly position: number;
  readonly count: number;
  readonly proof: readonly Uint8Array[];
}

declare const verified: unique symbol;
/** A shard receipt that `verifyShardReceipt` has accepted; nothing else makes one, and progress counts nothing else. */
export type VerifiedReceipt = ShardReceipt & Receipt & { readonly [verified]: true };

/** The signed bytes of specs/storage-format.md, "Receipt". */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  return concat(
    TAG,
    receipt.networkId,
    le(receipt.epoch, 8),
    receipt.committeeRoot,
    receipt.nodeId,
    receipt.bootId,
    le(receipt.logSeq, 8),
    le(receipt.durability, 1),
    le(receipt.leaseEnd, 8),
    receipt.batchRoot,
  );
}

/** Fields of signed receipt bytes. @throws FormatError `receipt` */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length !== RECEIPT_BYTES || !equal(bytes.subarray(0, TAG.length), TAG)) {
    throw shape.bad(`${bytes.length} bytes are not a receipt`);
  }
  let at = TAG.length;
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  const networkId = take(32);
  const epoch = readLe(take(8), 0, 8);
  const [root, nodeId, bootId] = [take(32), take(32), take(16)];
  const logSeq = readLe(take(8), 0, 8);
  const durability = readLe(take(1), 0, 1);
  const leaseEnd = readLe(take(8), 0, 8);
  if (durability < 1 || durability > 3) throw shape.bad(`durability class ${durability} is unknown`);
  const fields = {
    networkId,
    epoch,
    committeeRoot: root,
    nodeId,
    bootId,
    logSeq,
    leaseEnd,
    batchRoot: take(32),
  };
  return { ...fields, durability: durability as Durability };
}

/** Signs one batch and hands out a receipt for each of its shards. One signature, whatever their number. */
export function signBatch(
  shards: readonly ShardRef[],
  facts: Omit<Receipt, 'batchRoot'>,
  signer: Signer,
): ShardReceipt[] {
  const leaves = shards.map(shardLeaf);
  const receipt = encodeReceipt({ ...facts, batchRoot: treeRoot(leaves) });
  const signature = signer.sign(receipt);
  return shards.map((shard, position) => {
    const proof = proveRange(leaves, { from: position, to: position + 1 });
    return { receipt, signature, shard, position, count: shards.length, proof };
  });
}

function shardLeaf({ packId, index, root, length }: ShardRef): Uint8Array {
  return hashLeaf(concat(packId, le(index, 2), root, le(length, 4)));
}

/**
 * Checks signature, membership, inclusion, and that the lease runs in the committee's epoch.
 * @throws ReceiptError `committee` | `inclusion` | `signature`
 */
export function verifyShardReceipt(value: ShardReceipt, committee: Committee): VerifiedReceipt {
  const receipt = decodeReceipt(value.receipt);
  const node = `node ed25519:${hex(receipt.nodeId)}`;
  const member = committee.members.some((id) => equal(id, receipt.nodeId));
  // A promise stands for as long as its lease runs, whatever the epoch it was made in.
  const runs = receipt.epoch <= committee.epoch && committee.epoch < receipt.leaseEnd;
  const same =
    equal(receipt.networkId, committee.networkId) && equal(receipt.committeeRoot, committeeRoot(committee));
  if (!member || !same) {
    throw new ReceiptError('committee', { what: `${node} did not sign for this committee` });
  }
  if (!runs) {
    throw new ReceiptError('committee', {
      what: `${node} signed for epochs ${receipt.epoch} to ${receipt.leaseEnd - 1}, and it is epoch ${committee.epoch}`,
    });
  }
  const range = { from: value.position, to: value.position + 1 };
  const root = rangeRoot({ count: value.count, range, leaves: [shardLeaf(value.shard)], proof: value.proof });
  if (!equal(root, receipt.batchRoot)) {
    throw new ReceiptError('inclusion', {
      what: `shard ${value.shard.index} is not in the batch that ${node} signed`,
    });
  }
  if (!verifyOnce(receipt.nodeId, value.receipt, value.signature)) {
    throw new ReceiptError('signature', { what: `the receipt does not bear the signature of ${node}` });
  }
  return { ...value, ...receipt } as VerifiedReceipt;
}

/** The wire form of a shard receipt: deterministic CBOR. */
export function encodeShardReceipt(value: ShardReceipt): Uint8Array {
  return encodeCbor(shardReceiptToCbor(value));
}

/** @throws FormatError `receipt` | `cbor` */
export function decodeShardReceipt(bytes: Uint8Array): ShardReceipt {
  return shardReceiptFromCbor(decodeCbor(bytes));
}

export function shardReceiptToCbor({
  receipt,
  signature,
  shard,
  position,
  count,
  proof,
}: ShardReceipt): Cbor {
  return [receipt, signature, shard.packId, shard.index, shard.root, shard.length, position, count, proof];
}

export function shardReceiptFromCbor(value: Cbor): ShardReceipt {
  const [receipt, signature, packId, index, root, length, position, count, proof] = shape.array(value, 9);
  const hashes = shape.array(proof);
  if (hashes.length > 64) throw shape.bad('the proof is longer than any batch is deep');
  return {
    receipt: shape.bytes(receipt, RECEIPT_BYTES),
    signature: shape.bytes(signature, 64),
    shard: {
      packId: shape.bytes(packId, 32),
      index: shape.uint(index, 65_535),
      root: shape.bytes(root, 32),
      length: shape.uint(length, 2 ** 32 - 1),
    },
    position: shape.uint(position, 2 ** 31),
    count: shape.uint(count, 2 ** 31),
    proof: hashes.map((hash) => shape.bytes(hash, 32)),
  };
}

const shape = new Shape('receipt', 'a shard receipt');
