/** The scope of an incident: everything affected, everything possibly affected, as least fixpoints over derivations. */
import { perPrefix, type AsOf } from '../as-of.ts';
import { u32Column, type Column } from '../columns/column.ts';
import type { Walk } from '../columns/edge-table.ts';
import { IdIndex } from '../columns/id-index.ts';
import { roots, type Roots } from './roots.ts';

/** Records by depth: those of depth d stand in rows levels[d] to levels[d + 1]. */
export interface Layers {
  readonly ids: Uint32Array;
  readonly levels: readonly number[];
}

export interface Scope {
  readonly roots: Roots;
  readonly affected: Layers;
  /** Disjoint from `affected`, which wins (I4). */
  readonly possible: Layers;
}

/** The complete scope, never truncated. Empty for an incident that is dismissed, or not open at the prefix. */
export const scope = perPrefix((prefix: AsOf, incident: string): Scope => {
  const { edges } = prefix.ledger;
  const begin = roots(prefix, incident);
  const strong = prefix.ledger.walk('strong', prefix.known);
  const affected = list(begin.seeds, strong);
  const affectedLevels = spread(prefix, affected, strong);
  const anyEdge: Walk = { ...strong, edges: 'all' };
  const possible = list(begin.possible, anyEdge);
  const firstLevel = possible.length;
  edges.expand(possible, [0, firstLevel], possible, anyEdge);
  // Weak edges make what they lead to possible, one step from the affected record they leave.
  if (edges.hasWeak) edges.expand(affected, [0, affected.length], possible, { ...strong, edges: 'weak' });
  const possibleLevels = [0, firstLevel, ...spread(prefix, possible, anyEdge, firstLevel).slice(1)];
  return {
    roots: begin,
    affected: layers(affected, affectedLevels),
    possible: layers(possible, possibleLevels),
  };
});

/** Where records stand in a scope: rows of the affected first, then of the possible. */
export const scopeIndex = perPrefix((prefix: AsOf, incident: string): IdIndex => {
  const { affected, possible } = scope(prefix, incident);
  return new IdIndex(affected.ids, possible.ids);
});

/** Depth of a row in its layers. */
export function depthOf(within: Layers, row: number): number {
  let low = 0;
  let high = within.levels.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((within.levels[middle] as number) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The roots that were not seen before, as the first rows of a list. */
function list(ids: Uint32Array, walk: Walk): Column<Uint32Array> {
  const rows = u32Column();
  for (const id of ids) {
    if (walk.seen[id] === walk.mark) continue;
    walk.seen[id] = walk.mark;
    rows.push(id);
  }
  return rows;
}

/** Follows edges until nothing new comes; returns where each level begins, counting from row `begin`. */
function spread(prefix: AsOf, rows: Column<Uint32Array>, walk: Walk, begin = 0): number[] {
  const levels = [begin];
  for (let start = begin; start < rows.length;) {
    const end = rows.length;
    prefix.ledger.edges.expand(rows, [start, end], rows, walk);
    levels.push(end);
    start = end;
  }
  return levels;
}

function layers(rows: Column<Uint32Array>, levels: readonly number[]): Layers {
  return { ids: rows.data.slice(0, rows.length), levels };
}
