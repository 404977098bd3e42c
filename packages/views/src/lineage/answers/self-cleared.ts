/** Outputs that only their own node's word keeps out of the scope (PROTOCOL 6.2). */
import { perPrefix, type AsOf } from '../as-of.ts';
import { CONTESTED, UNKNOWN } from '../columns/evidence-table.ts';
import { divergenceOf } from './divergence.ts';
import { requireIncident } from './incident-terms.ts';
import { judgeRoot, touchesWindow } from './roots.ts';
import { scopeIndex } from './scope.ts';
import { badTenures } from './tenure.ts';

/**
 * Outputs that touch the window, are not in scope, come from a node with an undrained bad lease or any divergence,
 * and whose maker rests on that node's own word alone. Closing takes this set sampled, with the bound stated.
 *
 * @returns record ids, sorted
 * @throws LineageError `unknown-incident`
 */
export function clearedBySelfOnly(prefix: AsOf, id: string): readonly string[] {
  const incident = requireIncident(prefix, id);
  if (incident.dismissed || incident.anyVersion) return [];
  const { table, evidence, unsettled, records } = prefix.ledger;
  const inScope = scopeIndex(prefix, id);
  const cleared: string[] = [];
  unsettled.outputs.scan(incident.from, incident.to, (output) => {
    if (!table.isOutput(output, prefix.known) || !isSuspect(prefix, id, table.node.at(output))) return;
    if (!touchesWindow(incident, table.lo(output), table.hi(output)) || !incident.fits(output)) return;
    if (evidence.maker(output, prefix.known) === UNKNOWN || !evidence.onlySelf(output, prefix.known)) return;
    if (judgeRoot(prefix, incident, output) !== null || inScope.has(output)) return;
    cleared.push(records.text(output));
  });
  return cleared.sort();
}

function isSuspect(prefix: AsOf, incident: string, node: number): boolean {
  const undrained = badTenures(prefix, incident).get(node)?.at(-1)?.[1] === Infinity;
  return undrained || divergedNodes(prefix, 'any').has(node);
}

/** Nodes with an output that diverged from what was announced for it: one sweep over all outputs. */
const divergedNodes = perPrefix((prefix: AsOf, _all: 'any'): ReadonlySet<number> => {
  const { unsettled, table, evidence } = prefix.ledger;
  const nodes = new Set<number>();
  unsettled.outputs.scan(-Infinity, Infinity, (output) => {
    if (nodes.has(table.node.at(output)) || !table.declared(output, prefix.known)) return;
    const maker = evidence.maker(output, prefix.known);
    if (maker === UNKNOWN || maker === CONTESTED) return;
    if (divergenceOf(prefix, output) === 'diverged') nodes.add(table.node.at(output));
  });
  return nodes;
});
