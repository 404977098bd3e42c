/** Signs that the scope of an incident was recomputed here, from the log alone, and what its root is. */
import { scopeRoot, type Timeline } from '@assay/views';
import type { Wait } from '@assay/services';
import type { Session } from '../session.ts';
import type { Signatory } from '../signatory.ts';
import { type Attested, attestationsAt } from './attestations.ts';

/** Keys that local networks attest with. One operator runs both: it shows the mechanism, not independence. */
const ATTESTERS = ['verifier', 'attester'] as const;

/** Attestations at `knownAt`, those of the keys at hand added where they are missing. */
export async function attestScope(
  session: Session,
  timeline: Timeline,
  of: { readonly incident: string; readonly knownAt: number; readonly wait: Wait },
): Promise<Attested[]> {
  const { incident, knownAt, wait } = of;
  const root = scopeRoot(timeline.asOf(knownAt), incident);
  const attested = attestationsAt(timeline, incident, knownAt);
  for (const as of attestersOf(session)) {
    const operator = timeline.registry.participants.get(as.identity.keyId)?.operator ?? as.identity.keyId;
    if (attested.some((each) => each.operator === operator)) continue;
    const predicate = { incident, size: String(knownAt), root };
    const { id, index } = await session.publish('scope.attest', predicate, { as, wait });
    attested.push({ id, index, operator, incident, knownAt, root });
  }
  return attested;
}

function attestersOf(session: Session): Signatory[] {
  if (session.isKeyGiven) return [session.signatory('verifier')];
  return ATTESTERS.filter((name) => session.hasKey(name)).map((name) => session.signatory('verifier', name));
}
