/** Which tenants sealed which blobs here: what a tenant may have deleted, and what another's delete must leave. */
import { hex } from '@assay/core';
import { decodeCbor, encodeCbor } from '../../cbor.ts';
import { Shape } from '../../shape.ts';
import type { RecordPlace } from './log.ts';
import { KIND, type LogRecord } from './record.ts';

/** A blob sealed for a tenant, or given up by it, and then the packs that were let go with it. */
export interface Hold {
  readonly blobId: Uint8Array;
  readonly tenant: Uint8Array;
  readonly held: boolean;
  readonly packs: readonly Uint8Array[];
}

export class Holds {
  /** Tenants by blob. */
  readonly #tenants = new Map<string, Set<string>>();
  /** Packs that were let go at their tenants' word: silence about them is no fault. */
  readonly #given = new Set<string>();

  /** Blobs that somebody holds. */
  get blobs(): string[] {
    return [...this.#tenants.keys()];
  }

  /** Keys of a blob's tenants, in hexadecimal. */
  tenantsOf(blobId: Uint8Array): string[] {
    return [...(this.#tenants.get(hex(blobId)) ?? [])];
  }

  has(blobId: Uint8Array, tenant: Uint8Array): boolean {
    return this.#tenants.get(hex(blobId))?.has(hex(tenant)) === true;
  }

  /** Whether a pack was let go at its tenants' word, and not put again since. */
  isGiven(packId: Uint8Array): boolean {
    return this.#given.has(hex(packId));
  }

  /** A shard of it was put again. */
  taken(packId: Uint8Array): void {
    this.#given.delete(hex(packId));
  }

  apply({ blobId, tenant, held, packs }: Hold): void {
    const blob = hex(blobId);
    const tenants = this.#tenants.get(blob) ?? new Set();
    if (held) tenants.add(hex(tenant));
    else tenants.delete(hex(tenant));
    if (tenants.size > 0) this.#tenants.set(blob, tenants);
    else this.#tenants.delete(blob);
    for (const pack of packs) this.#given.add(hex(pack));
  }
}

export function holdRecord({ blobId, tenant, held, packs }: Hold): LogRecord {
  const meta = encodeCbor([tenant, [...packs]]);
  return { kind: KIND.hold, index: held ? 1 : 0, leaseEnd: 0, packId: blobId, meta, body: new Uint8Array(0) };
}

export function readHold({ packId, index }: Pick<RecordPlace, 'packId' | 'index'>, meta: Uint8Array): Hold {
  const [tenant, packs] = shape.array(decodeCbor(meta), 2);
  return {
    blobId: packId,
    tenant: shape.bytes(tenant, 32),
    held: index === 1,
    packs: shape.array(packs).map((id) => shape.bytes(id, 32)),
  };
}

const shape = new Shape('cbor', 'a hold record');
