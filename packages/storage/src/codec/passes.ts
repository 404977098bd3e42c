/** The heavy passes over bytes (ids, cut points, parity, roots) as one port: done here, or by threads where the bytes lie. */
import { sha256 } from '@assay/core/bytes';
import { cutCandidates } from '../format/gear.ts';
import { shardRoot } from '../merkle.ts';
import type { Kernel } from './kernel.ts';
import { ReedSolomon } from './reed-solomon.ts';

/** A pack in one buffer of `Kernel.alloc`: n shards end to end, the first k filled with the payload. */
export interface PackMemory {
  readonly memory: Uint8Array;
  readonly k: number;
  readonly n: number;
  /** Lengths of the payload's chunks, which lie end to end from its start. */
  readonly chunks: readonly number[];
}

/** What a pack's header commits to, and the ids of the chunks that were really in it. */
export interface PackFacts {
  readonly roots: readonly Uint8Array[];
  readonly ids: readonly Uint8Array[];
}

export interface BytePasses {
  /** SHA-256. */
  digest(bytes: Uint8Array): Promise<Uint8Array>;
  /** The root of a shard's leaves. */
  root(shard: Uint8Array): Promise<Uint8Array>;
  /** Where a content-defined cut may be: end offsets within `bytes`. */
  cutCandidates(bytes: Uint8Array): Promise<readonly number[]>;
  /** Writes the parity, and hashes shards and chunks. */
  encode(pack: PackMemory): Promise<PackFacts>;
}

/** The passes of a kernel: its threads' if it has any, else on the caller's own thread. */
export function passesOf(kernel: Kernel): BytePasses {
  return (
    kernel.passes ?? {
      digest: (bytes) => Promise.resolve(sha256(bytes)),
      root: (shard) => Promise.resolve(shardRoot(shard)),
      cutCandidates: (bytes) => Promise.resolve(cutCandidates(bytes)),
      encode: (pack) => Promise.resolve(encodeHere(pack, kernel)),
    }
  );
}

/** Parity, roots and chunk ids of a pack, on this thread. */
export function encodeHere({ memory, k, n, chunks }: PackMemory, kernel: Kernel): PackFacts {
  const shards = shardsOf(memory, n);
  new ReedSolomon({ k, n }, kernel).encode(shards.slice(0, k), shards.slice(k));
  let at = 0;
  const ids = chunks.map((length) => sha256(memory.subarray(at, (at += length))));
  return { roots: shards.map(shardRoot), ids };
}

/** The n shards of a pack's memory. */
export function shardsOf(memory: Uint8Array, n: number): Uint8Array[] {
  const length = memory.length / n;
  return Array.from({ length: n }, (_, i) => memory.subarray(i * length, (i + 1) * length));
}
