/** The nodes that have joined, and in which order to ask them. */
import { type Clock, hex, sha256, type Signer, unixSeconds, utf8 } from '@assay/core';
import type { Participant, Registry } from '@assay/views';
import { NodePeer } from './node-peer.ts';

/** What the peers are made with. */
export interface PeersOptions {
  readonly registry: Registry;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly connectionsPerNode: number;
}

/** All nodes of the registry that can be reached. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, NodePeer>();

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Takes up nodes that joined and drops those that left. */
  refresh(): void {
    const joined = new Map(this.#nodes().map((node) => [node.keyId, node]));
    for (const [keyId, peer] of this.#peers) {
      if (joined.get(keyId)?.endpoints[0] === peer.endpoint) continue;
      this.#peers.delete(keyId);
      void peer.close();
    }
    const { signer, clock, connectionsPerNode: connections } = this.#options;
    for (const { keyId, endpoints } of joined.values()) {
      const [endpoint] = endpoints;
      if (endpoint === undefined || this.#peers.has(keyId)) continue;
      this.#peers.set(keyId, new NodePeer({ keyId, endpoint, signer, clock, connections }));
    }
  }

  /**
   * Nodes to ask for `version`, best first: those whose lease covers it before others that serve its model; then those
   * that have not kept failing, then the least busy. Ties go by a hash of the request, so that requests spread over the
   * nodes and a retry meets the node that knows it.
   */
  inOrder(version: string, requestKey: string): NodePeer[] {
    const { registry, clock } = this.#options;
    const now = unixSeconds(clock);
    const model = registry.models.version(version)?.model;
    const ranked = [...this.#peers.values()].map((peer) => ({
      peer,
      coverage: coverageOf(registry, peer.keyId, { version, model, now }),
      failing: peer.breaker.isOpenForRequests ? 0 : 1,
      tie: hex(sha256(utf8(`${requestKey} ${peer.keyId}`))),
    }));
    return ranked
      .toSorted(
        (a, b) =>
          b.coverage - a.coverage ||
          a.failing - b.failing ||
          a.peer.inFlight - b.peer.inFlight ||
          (a.tie < b.tie ? -1 : 1),
      )
      .map(({ peer }) => peer);
  }

  /** Whether some node's lease covers `version` now. */
  covers(version: string): boolean {
    const { registry, clock } = this.#options;
    const now = unixSeconds(clock);
    return [...this.#peers.keys()].some((keyId) => isLeased(registry, keyId, { version, now }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#peers.values()].map((peer) => peer.close()));
  }

  #nodes(): Participant[] {
    return this.#options.registry.participants.withRole('node');
  }
}

interface Coverage {
  readonly version: string;
  readonly model: string | undefined;
  readonly now: number;
}

/** 2: leased; 1: serves another version of the model, so it can lease on demand; 0: unknown. */
function coverageOf(registry: Registry, keyId: string, { version, model, now }: Coverage): number {
  if (isLeased(registry, keyId, { version, now })) return 2;
  for (const lease of registry.leases.open) {
    if (lease.node === keyId && registry.models.version(lease.version)?.model === model) return 1;
  }
  return 0;
}

function isLeased(registry: Registry, keyId: string, { version, now }: Omit<Coverage, 'model'>): boolean {
  return (registry.leases.of(keyId, version)?.expires ?? 0) > now;
}
