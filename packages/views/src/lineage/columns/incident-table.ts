/** Incidents with their amendments; terms are folded per prefix, nothing is overwritten. */
import type { IncidentTerms } from '../records.ts';

interface Opening {
  readonly position: number;
  readonly t: number;
  readonly terms: IncidentTerms;
}

interface Amendment {
  readonly position: number;
  readonly set: Partial<IncidentTerms>;
}

/** An incident as of some prefix. `t` is when it became known; amendments do not move it. */
export interface IncidentState {
  readonly id: string;
  readonly t: number;
  readonly terms: IncidentTerms;
}

export class IncidentTable {
  readonly #openings = new Map<string, Opening>();
  readonly #amendments = new Map<string, Amendment[]>();

  /** Opens an incident; the same id again is the same record, and is ignored. */
  open(id: string, opening: Opening): void {
    if (!this.#openings.has(id)) this.#openings.set(id, opening);
  }

  amend(id: string, amendment: Amendment): void {
    const held = this.#amendments.get(id);
    if (held === undefined) this.#amendments.set(id, [amendment]);
    else held.push(amendment);
  }

  /** The incident with the amendments known at `known`; undefined when it was not open by then. */
  state(id: string, known: number): IncidentState | undefined {
    const opening = this.#openings.get(id);
    if (opening === undefined || opening.position > known) return undefined;
    let terms = opening.terms;
    for (const amendment of this.#amendments.get(id) ?? []) {
      if (amendment.position <= known) terms = { ...terms, ...amendment.set };
    }
    return { id, t: opening.t, terms };
  }

  /** Ids of the incidents open at `known`, in log order. */
  ids(known: number): string[] {
    return [...this.#openings].filter(([, opening]) => opening.position <= known).map(([id]) => id);
  }
}
