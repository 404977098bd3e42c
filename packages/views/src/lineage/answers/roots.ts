/** Where an incident's scope begins: seeds, known to be bad, and outputs that may be. */
import { perPrefix, type AsOf } from '../as-of.ts';
import { u32Column } from '../columns/column.ts';
import { CONTESTED, UNKNOWN } from '../columns/evidence-table.ts';
import { findIncident, type CompiledIncident } from './incident-terms.ts';
import { mayHaveServedBad } from './tenure.ts';
import { announcedSpans, spansTouch, timeline, type Span } from './timeline.ts';

/** Why an output without proof of its maker may have been made by a bad version. */
export type Doubt = 'contested' | 'window-straddled' | 'pinned' | 'announced' | 'leased';

export interface Roots {
  /** Numbers of outputs known to be of a bad version, wholly inside the window; ascending. */
  readonly seeds: Uint32Array;
  /** Numbers of outputs that may be; ascending, and disjoint from the seeds. */
  readonly possible: Uint32Array;
}

/** An incident's roots. An incident that is dismissed, or not open at the prefix, has none. */
export const roots = perPrefix((prefix: AsOf, id: string): Roots => {
  const incident = findIncident(prefix, id);
  const seeds = u32Column();
  const possible = u32Column();
  if (incident !== null && !incident.dismissed) {
    const judge = (output: number): void => {
      const verdict = judgeRoot(prefix, incident, output);
      if (verdict === 'seed') seeds.push(output);
      else if (verdict !== null) possible.push(output);
    };
    for (const candidates of candidateLists(prefix, incident)) candidates(judge);
  }
  return {
    seeds: distinct(seeds.data.subarray(0, seeds.length)),
    possible: distinct(possible.data.subarray(0, possible.length)),
  };
});

/** Whether an output is by itself a seed, or why it may be; null when the incident does not begin at it. */
export function judgeRoot(prefix: AsOf, incident: CompiledIncident, output: number): 'seed' | Doubt | null {
  const { table, evidence } = prefix.ledger;
  // Copies are never seeds: what they inherit comes along the edge from their source.
  if (!table.isOutput(output, prefix.known) || table.copyOf.at(output) !== 0) return null;
  const [lo, hi] = [table.lo(output), table.hi(output)];
  if (!touchesWindow(incident, lo, hi) || !incident.fits(output)) return null;
  // PROTOCOL 3.3: a bracket wholly inside the window is a seed, one that overlaps it is possible.
  const inWindow = lo >= incident.from && hi < incident.to ? 'seed' : 'window-straddled';
  if (incident.anyVersion) return inWindow;
  const maker = evidence.maker(output, prefix.known);
  if (maker === UNKNOWN) return doubtWithoutEvidence(prefix, incident, output);
  if (maker !== CONTESTED) return incident.versions.has(maker) ? inWindow : null;
  const { versions } = evidence.top(output, prefix.known);
  return versions.some((version) => incident.versions.has(version)) ? 'contested' : null;
}

/** Whether a bracket and the window have a moment in common; an empty window has none with anything. */
export function touchesWindow({ from, to }: CompiledIncident, lo: number, hi: number): boolean {
  return from < to && hi >= from && lo < to;
}

function doubtWithoutEvidence(prefix: AsOf, incident: CompiledIncident, output: number): Doubt | null {
  const { table } = prefix.ledger;
  const [lo, hi] = [table.lo(output), table.hi(output)];
  const pin = table.pin.at(output);
  if (pin !== 0) {
    if (incident.versions.has(pin)) return 'pinned';
  } else if (spansTouch(badSpans(prefix, incident.id).get(table.channel.at(output)) ?? [], lo, hi)) {
    return 'announced';
  }
  return mayHaveServedBad(prefix, incident.id, { node: table.node.at(output), lo, hi }) ? 'leased' : null;
}

/** Per channel, the spans in which a bad version had weight, as known then. Channels without any are left out. */
export const badSpans = perPrefix((prefix: AsOf, id: string): ReadonlyMap<number, readonly Span[]> => {
  const spans = new Map<number, readonly Span[]>();
  const versions = findIncident(prefix, id)?.versions ?? new Set<number>();
  for (const channel of prefix.ledger.decisions.channels()) {
    const bad = announcedSpans(timeline(prefix, channel, 'as-known'), versions);
    if (bad.length > 0) spans.set(channel, bad);
  }
  return spans;
});

type Scan = (visit: (output: number) => void) => void;

/** Lists that together hold every output the incident may begin at; some twice. */
function candidateLists(prefix: AsOf, incident: CompiledIncident): Scan[] {
  const { unsettled, evidence } = prefix.ledger;
  const { from, to } = incident;
  if (incident.anyVersion) return [(visit) => unsettled.outputs.scan(from, to, visit)];
  const lists: Scan[] = [(visit) => unsettled.scan({ from, to }, prefix.known, visit)];
  for (const version of incident.versions) {
    const postings = evidence.postings(version);
    if (postings === undefined) continue;
    lists.push((visit) => postings.placed.scan(from, to, visit));
    lists.push((visit) => postings.early.forEach(visit));
  }
  return lists;
}

/** `ids` in ascending order, each once. */
function distinct(ids: Uint32Array): Uint32Array {
  const sorted = ids.slice().sort();
  let kept = 0;
  for (const id of sorted) if (kept === 0 || sorted[kept - 1] !== id) sorted[kept++] = id;
  return sorted.slice(0, kept);
}
