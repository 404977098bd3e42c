/** Turns a planned pack, or a manifest page, into shards that lie in kernel memory, and their committed header. */
import type { Kernel } from '../codec/kernel.ts';
import { passesOf, shardsOf } from '../codec/passes.ts';
import type { Profile } from '../committee.ts';
import { CODEC, encodePackHeader, type PackHeader, packId, shardLength } from '../format/pack.ts';
import { checkUnchanged, type PlannedPack, readPack, type SourceFile } from '../format/plan.ts';
import { shardRoot } from '../merkle.ts';
import { Hold } from './hold.ts';

/** A pack ready to be sent. */
export interface EncodedPack {
  readonly header: PackHeader;
  readonly headerBytes: Uint8Array;
  readonly id: Uint8Array;
  readonly shards: readonly Uint8Array[];
  /** The shards' memory, held once by whoever encoded them. */
  readonly hold: Hold;
}

export interface EncodeOptions {
  readonly kernel: Kernel;
  readonly profile: Profile;
  /** Payload bytes of the largest pack of the upload: slots of one size follow one another in the same memory. */
  readonly largest?: number;
}

/**
 * Reads a pack's chunks straight into kernel memory and encodes the parity beside them: no copy in between.
 * @throws TransferError `source-changed` when a file no longer has the bytes that were planned
 */
export async function encodePack(
  pack: PlannedPack,
  files: readonly SourceFile[],
  { kernel, profile, largest }: EncodeOptions,
): Promise<EncodedPack> {
  const { k, n } = profile;
  const { packLen } = pack;
  const shardLen = shardLength(packLen, k);
  const slot = kernel.alloc(n * shardLength(largest ?? packLen, k));
  const memory = slot.subarray(0, n * shardLen);
  try {
    await readPack(pack, files, memory);
    // The slot may have held another pack: padding is part of what the roots commit to.
    memory.fill(0, packLen, k * shardLen);
    const chunks = pack.chunks.map(({ length }) => length);
    const { roots, ids } = await passesOf(kernel).encode({ memory, k, n, chunks });
    checkUnchanged(pack, files, ids);
    const header = { codec: CODEC.cauchy, k, n, shardLen, packLen, roots };
    return sealed(header, shardsOf(memory, n), new Hold(() => kernel.free(slot)));
  } catch (error) {
    kernel.free(slot);
    throw error;
  }
}

/**
 * A manifest page as a pack whose every shard is the page, one for each member, spares too: any one node can give it,
 * and any q can read the whole manifest before they sign for the blob.
 */
export function encodePage(page: Uint8Array, n: number): EncodedPack {
  const shardLen = shardLength(page.length, 1);
  const body = new Uint8Array(shardLen);
  body.set(page);
  const root = shardRoot(body);
  const roots = Array.from({ length: n }, () => root);
  const header = { codec: CODEC.replicate, k: 1, n, shardLen, packLen: page.length, roots };
  return sealed(
    header,
    Array.from({ length: n }, () => body),
    new Hold(() => undefined),
  );
}

function sealed(header: PackHeader, shards: readonly Uint8Array[], hold: Hold): EncodedPack {
  return { header, headerBytes: encodePackHeader(header), id: packId(header), shards, hold };
}
