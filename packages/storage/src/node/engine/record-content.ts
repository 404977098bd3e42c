/** Whether a record's meta and body are what was written: by their checksum, a shard's body by its root. */
import { crc32 } from 'node:zlib';
import { equal } from '@assay/core';
import { hashLeaves, treeRoot } from '../../merkle.ts';
import { splitMeta } from './record-meta.ts';
import { KIND, type RecordHead } from './record.ts';

/** A record's bytes, checked. */
export interface RecordContent {
  readonly meta: Uint8Array;
  readonly body: Uint8Array;
  /** Hashes of the body's leaves, where they had to be computed: they lead to the root of its pack header. */
  readonly leaves?: readonly Uint8Array[];
}

/** Takes meta and body apart; undefined when they are not what was written. */
export function checkedContent(
  content: Uint8Array,
  head: RecordHead & { readonly contentCrc: number },
): RecordContent | undefined {
  const meta = content.subarray(0, head.metaLength);
  const body = content.subarray(head.metaLength);
  if (head.kind !== KIND.shard) return crc32(content) === head.contentCrc ? { meta, body } : undefined;
  if (crc32(meta) !== head.contentCrc) return undefined;
  const leaves = hashLeaves(body);
  const root = splitMeta(meta).header.roots[head.index];
  return root !== undefined && equal(treeRoot(leaves), root) ? { meta, body, leaves } : undefined;
}
