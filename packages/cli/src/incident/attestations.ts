/** Who recomputed an incident's scope at a size, and what they found. */
import type { ScopeAttestation, Timeline } from '@assay/views';

/** An attestation, and the record that says it. */
export interface Attested extends ScopeAttestation {
  readonly id: string;
  readonly index: number;
}

/**
 * Attestations of one incident at one size, in log order. Operators that found the same root signed the same words:
 * theirs is one record, told apart by signer. The operator is whoever answers for the signer.
 */
export function attestationsAt(timeline: Timeline, incident: string, knownAt: number): Attested[] {
  const found: Attested[] = [];
  for (const { id, predicate } of timeline.records('scope.attest')) {
    const { size, root } = predicate;
    if (predicate.incident !== incident || Number(size) !== knownAt) continue;
    for (const { signer, index } of timeline.statementsOf(id)) {
      const operator = timeline.registry.participants.get(signer)?.operator ?? signer;
      found.push({ id, index, operator, incident, knownAt, root });
    }
  }
  return found.toSorted((a, b) => a.index - b.index);
}
