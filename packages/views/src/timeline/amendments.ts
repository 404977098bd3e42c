/** Amendments of incidents, which count once both the opener and the owner stand behind them (PROTOCOL 2.2). */
import type { LogRecord, Predicate } from '@assay/core';
import type { Registry } from '../registry/index.ts';

/** An amendment that came into force, and what it sets. */
export interface ActiveAmendment {
  readonly incident: string;
  readonly set: Predicate<'incident.amend'>['set'];
}

interface Waiting extends ActiveAmendment {
  readonly signers: Set<string>;
}

/** Amendments waiting for their second signer. */
export class Amendments {
  readonly #waiting = new Map<string, Waiting>();
  readonly #opened = new Map<
    string,
    { opener: string; versions: readonly string[]; nodes: readonly string[] }
  >();

  /** Remembers who must agree to changes of an incident. */
  opened({ id, signer, predicate }: LogRecord & { kind: 'incident.open' }): void {
    this.#opened.set(id, {
      opener: signer,
      versions: predicate.versions ?? [],
      nodes: predicate.nodes ?? [],
    });
  }

  /** Takes an amendment in. Returns it when its one signer is opener and owner at once. */
  amend(record: LogRecord & { kind: 'incident.amend' }, registry: Registry): ActiveAmendment | undefined {
    const { incident, set } = record.predicate;
    this.#waiting.set(record.id, { incident, set, signers: new Set([record.signer]) });
    return this.#inForce(record.id, registry);
  }

  /** Takes an endorsement in. Returns the amendment that it completed. */
  endorse(record: LogRecord & { kind: 'endorse' }, registry: Registry): ActiveAmendment | undefined {
    const waiting = this.#waiting.get(record.predicate.record);
    if (waiting === undefined) return undefined;
    waiting.signers.add(record.signer);
    return this.#inForce(record.predicate.record, registry);
  }

  #inForce(id: string, registry: Registry): ActiveAmendment | undefined {
    const waiting = this.#waiting.get(id);
    const incident = this.#opened.get(waiting?.incident ?? '');
    if (waiting === undefined || incident === undefined) return undefined;
    const signed = (key: string): boolean =>
      [...waiting.signers].some((s) => registry.participants.speaksFor(s, key));
    if (!signed(incident.opener) || !ownersOf(incident, registry).some(signed)) return undefined;
    this.#waiting.delete(id);
    return { incident: waiting.incident, set: waiting.set };
  }
}

/** Owners of the models an incident is about: of its versions, or of what its nodes have leased. */
function ownersOf(
  incident: { versions: readonly string[]; nodes: readonly string[] },
  registry: Registry,
): string[] {
  const leased = registry.leases.all
    .filter(({ node }) => incident.nodes.includes(node))
    .map(({ version }) => version);
  const versions = incident.versions.length > 0 ? incident.versions : leased;
  const models = versions.map((version) => registry.models.version(version)?.model);
  return models.flatMap((name) => registry.models.get(name ?? '')?.owner ?? []);
}
