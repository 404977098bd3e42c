/** Which nodes served another version than their channel announced, as the log's evidence has it. */
import { divergence, type Timeline, who } from '@assay/views';
import type { Findings } from './finding.ts';

interface Group {
  readonly code: 'diverged' | 'contested';
  readonly what: string;
  readonly first: number;
  last: number;
  count: number;
}

/** Adds one finding for each node, channel and version that diverged: the node is named, its outputs are counted. */
export function auditServed(timeline: Timeline, findings: Findings): void {
  const prefix = timeline.asOf();
  const groups = new Map<string, Group>();
  for (const record of timeline.records('output.receipt')) {
    // Beyond the newest witnessed size an output has no bracket yet, and so no verdict.
    if (record.index >= timeline.witnessedSize) continue;
    const verdict = divergence(prefix, record.id);
    if (verdict !== 'diverged' && verdict !== 'contested') continue;
    const what = describe(timeline, record.id, verdict);
    const group = groups.get(what) ?? {
      code: verdict,
      what,
      first: record.index,
      last: record.index,
      count: 0,
    };
    groups.set(what, Object.assign(group, { last: record.index, count: group.count + 1 }));
  }
  for (const { code, what, first, last, count } of groups.values()) {
    const where = count === 1 ? `entry ${first}` : `entries ${first} to ${last}, ${count} outputs`;
    findings.add(code, what, where, 'Open an incident over this version, node and time: "assay flag".');
  }
}

/** `node-c served v2 on fraud/prod, which announced v1`: names for people, digests where there are none. */
function describe(timeline: Timeline, output: string, verdict: 'diverged' | 'contested'): string {
  const { served, node, channel, pin, announced } = who(timeline.asOf(), output);
  const label = (version: string): string => timeline.registry.models.version(version)?.label ?? version;
  const name = timeline.registry.participants.get(node)?.name ?? node;
  if (verdict === 'contested')
    return `what ${name} served is contested: equally good evidence names different versions`;
  const version = served.v === null ? 'another version' : label(served.v);
  if (pin !== null) return `${name} served ${version} to requests that pinned ${label(pin)}`;
  const wanted = Array.from(announced.keys(), label).join(' or ') || 'nothing';
  return `${name} served ${version} on ${channel.slice(channel.indexOf('/') + 1)}, which announced ${wanted}`;
}
