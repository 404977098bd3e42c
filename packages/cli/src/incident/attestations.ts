/** Who recomputed an incident's scope at a size, and what they found. */
import type { ScopeAttestation, Timeline } from '@assay/views';

/** An attestation, and the record that says it. */
export interface Attested extends ScopeAttestation {
  readonly id: string;
  readonly index: number;
}

/** Attestations of one incident at one size, in log order. The operator is whoever answers for the signer. */
export function attestationsAt(timeline: Timeline, incident: string, knownAt: number): Attested[] {
  const found: Attested[] = [];
  for (const record of timeline.records()) {
    if (record.kind !== 'scope.attest') continue;
    const { size, root } = record.predicate;
    if (record.predicate.incident !== incident || Number(size) !== knownAt) continue;
    const operator = timeline.registry.participants.get(record.signer)?.operator ?? record.signer;
    found.push({ id: record.id, index: record.index, operator, incident, knownAt, root });
  }
  return found;
}
