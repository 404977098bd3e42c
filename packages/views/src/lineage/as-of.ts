/** One prefix of the ledger: every answer is asked of such a prefix and is the same for ever. */
import type { IncidentState } from './columns/incident-table.ts';
import type { Ledger } from './ledger.ts';

export class AsOf {
  readonly ledger: Ledger;
  /** Only records at positions up to here are seen. */
  readonly known: number;

  readonly #supposed: ReadonlyMap<string, IncidentState>;

  constructor(ledger: Ledger, known: number, supposed: ReadonlyMap<string, IncidentState> = new Map()) {
    this.ledger = ledger;
    this.known = known;
    this.#supposed = supposed;
  }

  /**
   * The same prefix with one more incident that nobody opened: "what if this were bad?", for drills. It may be asked
   * about by its id; it voids no disposition.
   */
  suppose(incident: IncidentState): AsOf {
    this.ledger.mention(incident.terms);
    return new AsOf(this.ledger, this.known, new Map([...this.#supposed, [incident.id, incident]]));
  }

  /** An incident as it stands at this prefix, supposed or open. */
  incident(id: string): IncidentState | undefined {
    return this.#supposed.get(id) ?? this.ledger.incidents.state(id, this.known);
  }
}

/**
 * Remembers `compute`'s answers for as long as their prefix is held. Sound because the ledger only grows and a
 * prefix does not.
 */
export function perPrefix<K, V>(compute: (prefix: AsOf, key: K) => V): (prefix: AsOf, key: K) => V {
  const held = new WeakMap<AsOf, Map<K, V>>();
  return (prefix, key) => {
    const answers = held.get(prefix) ?? new Map<K, V>();
    held.set(prefix, answers);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = compute(prefix, key);
    answers.set(key, answer);
    return answer;
  };
}
