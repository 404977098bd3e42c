/** In which order things are worth doing: by the worst act they led to, irreversible first, then by amount, then by age. */
import { scope, scopeIndex } from '../answers/scope.ts';
import type { AsOf } from '../as-of.ts';
import { u32Column } from '../columns/column.ts';
import { ROLE_ACT } from '../columns/record-table.ts';

const WEIGHT: Readonly<Record<string, number>> = { irreversible: 3, compensable: 2, retractable: 1 };

interface Worst {
  readonly act: number;
  readonly weight: number;
  readonly amount: bigint;
  readonly t: number;
}

/** Orders record ids of a scope; what led to no act comes last, by age. */
export function byUrgency(prefix: AsOf, incident: string): (records: readonly string[]) => readonly string[] {
  const rank = ranks(prefix, incident);
  const { records: names, table } = prefix.ledger;
  return (records) =>
    records
      .map((record) => ({ record, id: names.find(record) }))
      .sort((a, b) => {
        const byRank = (rank.get(a.id) ?? Infinity) - (rank.get(b.id) ?? Infinity);
        if (byRank !== 0 && !Number.isNaN(byRank)) return byRank;
        return table.t.at(a.id) - table.t.at(b.id) || (a.record < b.record ? -1 : 1);
      })
      .map(({ record }) => record);
}

/** Per record, the rank of the worst act that it led to: the worst acts first mark everything before them. */
function ranks(prefix: AsOf, incident: string): ReadonlyMap<number, number> {
  const index = scopeIndex(prefix, incident);
  const rank = new Map<number, number>();
  const parents = u32Column();
  actsOf(prefix, incident).forEach(({ act }, i) => {
    const queue = [act];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (rank.has(id)) continue;
      rank.set(id, i);
      parents.length = 0;
      prefix.ledger.edges.pushParents(id, prefix.known, parents);
      for (let p = 0; p < parents.length; p++) if (index.has(parents.at(p))) queue.push(parents.at(p));
    }
  });
  return rank;
}

function actsOf(prefix: AsOf, incident: string): readonly Worst[] {
  const { table } = prefix.ledger;
  const { affected, possible } = scope(prefix, incident);
  const acts: Worst[] = [];
  for (const ids of [affected.ids, possible.ids]) {
    for (const act of ids) {
      if (table.role.at(act) !== ROLE_ACT) continue;
      const [amount, reversibility] = [table.field(act, 'harmCap'), table.field(act, 'reversibility')];
      const weight = typeof reversibility === 'string' ? (WEIGHT[reversibility] ?? 0) : 0;
      acts.push({ act, weight, amount: BigInt(typeof amount === 'string' ? amount : 0), t: table.t.at(act) });
    }
  }
  return acts.sort(
    (a, b) => b.weight - a.weight || compareAmounts(b.amount, a.amount) || a.t - b.t || a.act - b.act,
  );
}

const compareAmounts = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
