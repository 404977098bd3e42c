/** What keeps an incident from being closed, gathered for people, each with the command that takes it out of the way. */
import type { Timeline } from '@assay/views';
import { stateText } from '../line/states.ts';
import { shortChannel } from '../names/channels.ts';
import { shortId } from '../names/records.ts';
import { gapText, versionOfGap } from './words.ts';

/** Records of one kind in one state are one obstacle. */
interface Unsettled {
  readonly state: string;
  readonly kind: string;
  readonly records: string[];
}

/** Lines for people: reasons of the view with names where it has keys and digests, records by kind and state. */
export function obstacleLines(timeline: Timeline, incident: string, why: readonly string[]): string[] {
  const lines: string[] = [];
  const unsettled = new Map<string, Unsettled>();
  for (const reason of why) {
    const [, state, record] = /^(\w+) ([0-9a-f]{64})$/.exec(reason) ?? [];
    if (state === undefined || record === undefined) lines.push(...reasonLines(timeline, incident, reason));
    else gather(unsettled, { state, kind: kindOf(timeline, record), record });
  }
  return [...lines, ...[...unsettled.values()].flatMap((of) => unsettledLines(incident, of))];
}

function reasonLines({ registry }: Timeline, incident: string, reason: string): string[] {
  const gap = /^not drained: (.+)$/.exec(reason)?.[1];
  if (gap !== undefined) {
    const { node, version } = versionOfGap(registry, gap);
    return [
      `- ${gapText(registry, gap)}`,
      ...(version === undefined ? [] : [`    npx assay withdraw ${version}`]),
      ...(node === undefined || version === undefined
        ? []
        : [`    or, when that node is gone for good: npx assay lapse ${node} ${version}`]),
    ];
  }
  const channel = /^still announced on (.+)$/.exec(reason)?.[1];
  if (channel === undefined) return [`- ${reason}`];
  const named = shortChannel(channel);
  return [
    `- still announced on ${named}`,
    `    npx assay rollback ${named} --to VERSION --incident ${shortId(incident)}`,
  ];
}

function gather(
  all: Map<string, Unsettled>,
  { state, kind, record }: { readonly state: string; readonly kind: string; readonly record: string },
): void {
  const of = all.get(`${state} ${kind}`) ?? { state, kind, records: [] };
  of.records.push(record);
  all.set(`${state} ${kind}`, of);
}

function unsettledLines(incident: string, { state, kind, records }: Unsettled): string[] {
  const [first = ''] = records;
  const such = records.length === 1 ? shortId(first) : `such as ${shortId(first)}`;
  return [
    `- ${records.length} ${kind}${records.length === 1 ? '' : 's'} ${stateText(state)}: ${such}`,
    kind === 'output' && state === 'open'
      ? `    npx assay rerun ${shortId(incident)} --on VERSION`
      : `    npx assay settle ${shortId(incident)} --kind ${kind} --state STATE`,
  ];
}

function kindOf(timeline: Timeline, id: string): string {
  const record = timeline.record(id);
  if (record?.kind === 'act') return record.predicate.type;
  return record?.kind === 'output.receipt' ? 'output' : 'record';
}
