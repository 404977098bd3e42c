/** Challenges the nodes of a blob in portions, and says who could not show what it signed for, and who did not answer. */
import { hex } from '@assay/core';
import type { Accusation, Custody } from '@assay/storage';
import type { StorageConnection } from '@assay/services';

/** Leaves of one question: a node reads a whole shard for each, and must answer before it counts as stalled. */
const PORTION = 4;

export interface Audit {
  /** Shards struck, by node. */
  readonly failed: ReadonlyMap<string, number>;
  /** By node, what proves one of its receipts false, and how many fell with it. */
  readonly accusations: ReadonlyMap<string, Accusation>;
  /** Nodes that answered nothing at all. */
  readonly silent: readonly string[];
}

/** Asks every node for `leaves` leaves, each drawn anew over everything that it signed for. */
export async function challengeNodes(
  custody: Custody,
  { nameOf, options }: StorageConnection,
  leaves: number,
): Promise<Audit> {
  const names = new Map(options.nodes.map(({ id }) => [hex(id), nameOf(id)]));
  const failed = new Map<string, number>();
  const answered = new Set<string>();
  const accusations = new Map<string, Accusation>();
  const accuse = (accusation: Accusation): void => {
    const name = nameOf(accusation.node);
    const before = accusations.get(name);
    const shards = (before?.shards ?? 0) + accusation.shards;
    accusations.set(name, { ...accusation, ...before, shards });
  };
  for (const accusation of await custody.greet()) {
    failed.set(nameOf(accusation.node), accusation.shards);
    accuse(accusation);
  }
  for (let asked = 0; asked < leaves; asked += PORTION) {
    const {
      events,
      silent,
      accusations: found,
    } = await custody.audit(options.randomBytes(32), Math.min(PORTION, leaves - asked));
    for (const event of events) {
      if (event.type !== 'regression' && event.type !== 'health') continue;
      const name = names.get(event.node) ?? `ed25519:${event.node}`;
      failed.set(name, (failed.get(name) ?? 0) + 1);
    }
    found.forEach(accuse);
    const mute = new Set(silent.map(nameOf));
    for (const name of names.values()) if (!mute.has(name)) answered.add(name);
  }
  return { failed, accusations, silent: [...names.values()].filter((name) => !answered.has(name)) };
}
