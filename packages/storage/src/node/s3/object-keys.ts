/** Where a node keeps what in its bucket. */
import { hex } from '@assay/core';

export const BOOTS = 'boots';
export const SHARDS = 'shards/';
export const PAGES = 'pages/';

/** A shard: the length of its pack header (u32 LE), the header, the body. */
export const shardKey = (packId: Uint8Array, index: number): string => `${SHARDS}${hex(packId)}/${index}`;

/** Which shard is the manifest page with this digest: its key. */
export const pageKey = (digest: Uint8Array): string => `${PAGES}${hex(digest)}`;

/** An object without bytes whose metadata is a longer lease than the shard was put with. */
export const leaseKey = (shard: string): string => `leases/${shard.slice(SHARDS.length)}`;

/** What a shard's key says. */
export function parseShardKey(key: string): { id: string; index: number } | undefined {
  const match = /^shards\/([0-9a-f]{64})\/(\d{1,3})$/.exec(key);
  return match === null ? undefined : { id: match[1] as string, index: Number(match[2]) };
}
