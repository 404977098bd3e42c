/** Which node said when that it can serve a version, and that it has served its last of it. */

export interface LeaseEvent {
  readonly position: number;
  readonly t: number;
}

export interface Tenure {
  readonly node: number;
  readonly leases: LeaseEvent[];
  readonly drains: LeaseEvent[];
}

export class LeaseTable {
  readonly #byVersion = new Map<number, Map<number, Tenure>>();

  add(kind: 'lease' | 'drain', who: { node: number; version: number }, event: LeaseEvent): void {
    const nodes = this.#byVersion.get(who.version) ?? new Map<number, Tenure>();
    this.#byVersion.set(who.version, nodes);
    const tenure = nodes.get(who.node) ?? { node: who.node, leases: [], drains: [] };
    nodes.set(who.node, tenure);
    (kind === 'lease' ? tenure.leases : tenure.drains).push(event);
  }

  /** Every node that ever leased or drained `version`. */
  of(version: number): Iterable<Tenure> {
    return this.#byVersion.get(version)?.values() ?? [];
  }
}
