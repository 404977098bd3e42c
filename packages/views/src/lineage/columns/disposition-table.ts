/** What was done about records: dispositions per incident and target, and which records were reversed. */

export interface Disposition {
  readonly position: number;
  readonly state: string;
  readonly basis: readonly number[];
  readonly amount: string | undefined;
}

export class DispositionTable {
  readonly #byIncident = new Map<string, Map<number, Disposition[]>>();
  readonly #reversed = new Map<number, number>();

  add(incident: string, target: number, disposition: Disposition): void {
    const targets = this.#byIncident.get(incident) ?? new Map<number, Disposition[]>();
    this.#byIncident.set(incident, targets);
    const held = targets.get(target);
    if (held === undefined) targets.set(target, [disposition]);
    else held.push(disposition);
  }

  reverse(target: number, position: number): void {
    if (!this.#reversed.has(target)) this.#reversed.set(target, position);
  }

  isReversed(id: number, known: number): boolean {
    return (this.#reversed.get(id) ?? Infinity) <= known;
  }

  /** The latest disposition of each target in an incident, as known at `known`. */
  latest(incident: string, known: number): ReadonlyMap<number, Disposition> {
    const latest = new Map<number, Disposition>();
    for (const [target, held] of this.#byIncident.get(incident) ?? []) {
      const last = held.findLast((disposition) => disposition.position <= known);
      if (last !== undefined) latest.set(target, last);
    }
    return latest;
  }

  /** Incidents in which anything was disposed of. */
  incidents(): IterableIterator<string> {
    return this.#byIncident.keys();
  }
}
