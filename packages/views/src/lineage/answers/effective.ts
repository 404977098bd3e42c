/** The effective state of every record in scope: what was recorded, else what its inputs clear (early cutoff, I9). */
import { perPrefix, type AsOf } from '../as-of.ts';
import { u32Column } from '../columns/column.ts';
import { IdIndex } from '../columns/id-index.ts';
import { disposition, dispositions, OPEN, type Standing } from './disposition.ts';
import { scope, scopeIndex } from './scope.ts';

/** States of a parent that leave its children's inputs unchanged. `accepted` and `compensated` do not. */
const CLEARS: ReadonlySet<string> = new Set(['rerun_same', 'not_affected']);

const INHERITED: Standing = { state: 'not_affected', reason: 'inputs unchanged' };

/** The effective state of one record; of one outside the scope, what was recorded of it. */
export function effective(prefix: AsOf, incident: string, record: string): Standing {
  const id = prefix.ledger.records.find(record);
  const row = scopeIndex(prefix, incident).row(id);
  if (row >= 0) return effectiveStates(prefix, incident)[row] ?? OPEN;
  const recorded = disposition(prefix, incident, record);
  // "Not in scope" is a finding about a record that is known; of an unknown one nothing is cleared.
  if (recorded.state !== 'open' || !prefix.ledger.table.declared(id, prefix.known)) return recorded;
  return { state: 'not_affected', reason: 'not in scope' };
}

/** Effective states in the order of the scope's rows: the affected, then the possible. */
export const effectiveStates = perPrefix((prefix: AsOf, incident: string): readonly Standing[] => {
  const { affected, possible, roots } = scope(prefix, incident);
  const recorded = dispositions(prefix, incident);
  const isRoot = new IdIndex(roots.seeds, roots.possible);
  const states: Standing[] = [];
  const inherits: boolean[] = [];
  for (const ids of [affected.ids, possible.ids]) {
    for (const id of ids) {
      const standing = recorded.get(id) ?? OPEN;
      states.push(standing);
      inherits.push(standing.state === 'open' && !isRoot.has(id));
    }
  }
  if (states.some((standing) => CLEARS.has(standing.state))) inherit({ prefix, incident, states, inherits });
  return states;
});

interface Inheritance {
  readonly prefix: AsOf;
  readonly incident: string;
  readonly states: Standing[];
  /** Rows that take their parents' word: open, and no roots. */
  readonly inherits: readonly boolean[];
}

/** Clears every row whose in-scope parents are all clear; least fixpoint, so a circle never clears itself. */
function inherit({ prefix, incident, states, inherits }: Inheritance): void {
  const { affected, possible } = scope(prefix, incident);
  const { edges } = prefix.ledger;
  const index = scopeIndex(prefix, incident);
  const idAt = (row: number): number =>
    affected.ids[row] ?? (possible.ids[row - affected.ids.length] as number);
  const unclear = new Uint32Array(states.length);
  const buffer = u32Column();
  for (let row = 0; row < states.length; row++) {
    if (!inherits[row]) continue;
    buffer.length = 0;
    edges.pushParents(idAt(row), prefix.known, buffer);
    for (let i = 0; i < buffer.length; i++)
      if (index.has(buffer.at(i))) unclear[row] = (unclear[row] as number) + 1;
  }
  const clear = states.flatMap((standing, row) => (CLEARS.has(standing.state) ? [row] : []));
  for (let row = clear.pop(); row !== undefined; row = clear.pop()) {
    buffer.length = 0;
    edges.pushChildren(idAt(row), prefix.known, buffer);
    for (let i = 0; i < buffer.length; i++) {
      const child = index.row(buffer.at(i));
      if (child < 0 || !inherits[child]) continue;
      unclear[child] = (unclear[child] as number) - 1;
      if (unclear[child] !== 0) continue;
      states[child] = INHERITED;
      clear.push(child);
    }
  }
}
