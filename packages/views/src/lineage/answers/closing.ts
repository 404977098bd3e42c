/** Whether an incident may be closed for good: closable, and the same scope root found by enough operators (I10). */
import type { AsOf } from '../as-of.ts';
import { closable, type Closable } from './books.ts';

/** One operator's word that it recomputed the scope at this prefix (PROTOCOL 6.1). */
export interface ScopeAttestation {
  readonly operator: string;
  readonly incident: string;
  readonly knownAt: number;
  /** Hex. */
  readonly root: string;
}

/**
 * @param wanted the root computed here, and how many distinct operators must have found it
 * @returns closable as of the prefix, with everything that still stands in the way
 */
export function closingAt(
  prefix: AsOf,
  incident: string,
  wanted: { root: string; operators: number; attestations: readonly ScopeAttestation[] },
): Closable {
  const { ok, why } = closable(prefix, incident);
  const about = wanted.attestations.filter((a) => a.incident === incident && a.knownAt === prefix.known);
  const agreeing = new Set(about.filter((a) => a.root === wanted.root).map((a) => a.operator));
  const differing = about.filter((a) => a.root !== wanted.root).map((a) => a.operator);
  const missing = wanted.operators - agreeing.size;
  const reasons = [
    ...why,
    ...(missing > 0 ? [`scope root recomputed by ${agreeing.size} of ${wanted.operators}`] : []),
    ...[...new Set(differing)].sort().map((operator) => `another scope root was found by ${operator}`),
  ];
  return { ok: ok && reasons.length === 0, why: reasons };
}
