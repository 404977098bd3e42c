/** What nodes said they can serve, until they said that they have served their last of it. */
import type { Predicate } from '@assay/core';

/** A node's word that it can serve a version, with its renewals folded in. */
export interface Lease {
  readonly node: string;
  readonly version: string;
  /** Id and index of the first statement. */
  readonly id: string;
  readonly openedAt: number;
  /** Unix seconds, by the newest renewal. */
  expires: number;
  /** Ids of all statements of this lease, renewals included. */
  readonly ids: string[];
  drainedAt?: number;
  /** Closed by somebody else because the node is dead: what it served last is unknown. */
  lapsedAt?: number;
}

/** The leases of one log. */
export class Leases {
  readonly #all: Lease[] = [];
  readonly #open = new Map<string, Lease>();
  readonly #byId = new Map<string, Lease>();

  get all(): readonly Lease[] {
    return this.#all;
  }

  get open(): Iterable<Lease> {
    return this.#open.values();
  }

  byId(id: string): Lease | undefined {
    return this.#byId.get(id);
  }

  /** The open lease of a node on a version. */
  of(node: string, version: string): Lease | undefined {
    return this.#open.get(`${node} ${version}`);
  }

  /** Opens or renews. Returns whether it was opened. */
  lease(node: string, predicate: Predicate<'serve.lease'>, at: { id: string; index: number }): boolean {
    const known = this.of(node, predicate.version);
    if (known !== undefined) {
      known.expires = Math.max(known.expires, predicate.expires);
      known.ids.push(at.id);
      this.#byId.set(at.id, known);
      return false;
    }
    const { version, expires } = predicate;
    const lease: Lease = { node, version, id: at.id, openedAt: at.index, expires, ids: [at.id] };
    this.#all.push(lease);
    this.#open.set(`${node} ${version}`, lease);
    this.#byId.set(at.id, lease);
    return true;
  }

  /** Closes the lease that `id` opened or renewed, if `node` holds it open. */
  drain(node: string, id: string, index: number): Lease | undefined {
    const lease = this.#byId.get(id);
    if (lease === undefined || lease.node !== node || this.of(node, lease.version) !== lease)
      return undefined;
    lease.drainedAt = index;
    this.#open.delete(`${node} ${lease.version}`);
    return lease;
  }

  lapse(lease: Lease, index: number): void {
    lease.lapsedAt = index;
    this.#open.delete(`${lease.node} ${lease.version}`);
  }
}
