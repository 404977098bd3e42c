/** Deletes what a tenant stored, at its word: only what no other blob held here needs, and nothing under a running upload. */
import { fromHex, hex } from '@assay/core';
import { NodeError } from '../../errors.ts';
import { packId } from '../../format/pack.ts';
import { pageIdsOf, type PageReader, readManifest } from '../../format/pages.ts';
import { type Holds, holdRecord } from './holds.ts';
import type { AppendLog, RecordPlace } from './log.ts';
import type { Sessions } from './sessions.ts';
import { type HeldShard, ShardIndex } from './shard-index.ts';

/** Shards deleted, and those that stay because something else needs them. */
export interface Deleted {
  readonly deleted: number;
  readonly kept: number;
}

export interface DeleteContext {
  readonly holds: Holds;
  readonly index: ShardIndex;
  readonly sessions: Sessions;
  readonly log: AppendLog;
  readonly read: PageReader;
  readonly noteControl: (place: RecordPlace) => void;
  readonly strike: (place: RecordPlace) => Promise<void>;
}

/**
 * Gives up a tenant's hold on a blob.
 * @throws NodeError `not-found` when the tenant holds no such blob here; `corrupt` when what must stay cannot be told
 */
export async function deleteBlob(
  blobId: Uint8Array,
  tenant: Uint8Array,
  context: DeleteContext,
): Promise<Deleted> {
  const { holds, index, sessions, log, noteControl, strike } = context;
  if (!holds.has(blobId, tenant))
    throw new NodeError('not-found', { what: `this tenant holds no blob ${hex(blobId)} here` });
  const own = await shardsOf(blobId, context);
  const needed = new Set<string>();
  for (const blob of holds.blobs.map(fromHex)) {
    // Another tenant's hold on the same blob is as good as another blob.
    const isOurs = hex(blob) === hex(blobId) && !sharedWithOthers(holds, blobId, tenant);
    if (!isOurs) for (const { place } of await shardsOf(blob, context)) needed.add(keyOf(place));
  }
  const going = own.filter(({ place }) => !needed.has(keyOf(place)) && !sessions.protects(keyOf(place)));
  const packs = [...new Map(going.map(({ place }) => [hex(place.packId), place.packId])).values()];
  const hold = { blobId, tenant, held: false, packs };
  // A crash after this leaves shards that nobody holds; they go when their leases end.
  noteControl(await log.append(holdRecord(hold)));
  holds.apply(hold);
  for (const { place } of going) if (index.get(place.packId, place.index) !== undefined) await strike(place);
  return { deleted: going.length, kept: own.length - going.length };
}

const keyOf = ({ packId: id, index }: RecordPlace): string => ShardIndex.key(id, index);

function sharedWithOthers(holds: Holds, blobId: Uint8Array, tenant: Uint8Array): boolean {
  return holds.tenantsOf(blobId).some((other) => other !== hex(tenant));
}

/** Shards of a blob's packs and pages that are here. */
async function shardsOf(blobId: Uint8Array, { index, read }: DeleteContext): Promise<HeldShard[]> {
  const manifest = await readManifest(blobId, read);
  const packs = new Set(manifest.packs.map((header) => hex(packId(header))));
  const pages = [blobId, ...pageIdsOf(await read(blobId))];
  const held = index.all().filter(({ place }) => packs.has(hex(place.packId)));
  return [...held, ...pages.flatMap((id) => index.page(id) ?? [])];
}
