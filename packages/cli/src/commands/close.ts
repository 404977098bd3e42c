/** `assay close`: closes an incident as of a log size, or lists everything that stands in the way. */
import { type AsOf, clearedBySelfOnly, closable, closingAt, scopeRoot, type Timeline } from '@assay/views';
import { networkCommand } from '../command.ts';
import { asCount, asText, KNOWN_AT_FLAG, type KnownAtFlags, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { attestScope } from '../incident/attest.ts';
import { gapText } from '../incident/words.ts';
import { stateText } from '../line/states.ts';
import { shortChannel } from '../names/channels.ts';
import { sizeToAsk } from '../names/known.ts';
import { findRecord, shortId } from '../names/records.ts';
import { finding } from '../report.ts';

interface CloseFlags extends KnownAtFlags, WaitFlags {
  readonly operators: number;
}

/** Reasons printed before the rest are counted. */
const SHOWN = 20;

export const close = networkCommand<CloseFlags, [incident: string]>({
  brief: 'Close an incident, or say everything that stands in the way',
  examples: ['close 3f2a9c01', 'close 3f2a9c01 --operators 3 --known-at 412'],
  flags: {
    ...KNOWN_AT_FLAG,
    ...WAIT_FLAG,
    operators: {
      kind: 'parsed',
      parse: asCount,
      brief: 'Distinct operators that must have recomputed the scope root',
      default: '2',
      placeholder: 'K',
    },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Incident', parse: asText, placeholder: 'INCIDENT' }] },
  async run(session, { knownAt, operators, wait }, name) {
    const timeline = await session.timeline();
    const opened = findRecord(timeline, name, 'incident.open');
    const incident = opened.id;
    const size = sizeToAsk(timeline, opened, knownAt);
    const prefix = timeline.asOf(size);
    const root = scopeRoot(prefix, incident);
    const before = [...selfCleared(prefix, incident), ...closable(prefix, incident).why];
    if (before.length > 0) return notYet(timeline, { incident, size, root }, before);
    const attestations = await attestScope(session, timeline, { incident, knownAt: size, wait: 'sequenced' });
    const { ok, why } = closingAt(prefix, incident, { root, operators, attestations });
    if (!ok) return notYet(timeline, { incident, size, root }, why);
    const agreeing = attestations.filter((each) => each.root === root);
    const predicate = { incident, size: String(size), root, attests: agreeing.map(({ id }) => id) };
    const { id, index } = await session.publish('incident.close', predicate, {
      as: session.signatory('owner'),
      wait,
    });
    return finding(false, { closed: true, id, index, ...predicate }, [
      `closed as of log size ${size}`,
      `scope root ${root}, recomputed by ${agreeing.length} operators`,
      `certificate ${id} at index ${index}; a late record reopens it`,
    ]);
  },
});

/** PROTOCOL 6.2: what only suspect nodes clear has to be looked at before anything is closed. */
function selfCleared(prefix: AsOf, incident: string): string[] {
  const { length } = clearedBySelfOnly(prefix, incident);
  if (length === 0) return [];
  return [
    `${length} output${length === 1 ? '' : 's'} cleared only by the word of a suspect node: re-run them`,
  ];
}

function notYet(
  timeline: Timeline,
  at: { readonly incident: string; readonly size: number; readonly root: string },
  why: readonly string[],
): ReturnType<typeof finding> {
  const rest = why.length - SHOWN;
  return finding(true, { closed: false, ...at, why }, [
    `not closable, as of log size ${at.size}: ${why.length} reason${why.length === 1 ? '' : 's'}`,
    ...why.slice(0, SHOWN).map((reason) => `- ${reasonText(timeline, reason)}`),
    ...(rest > 0 ? [`- and ${rest} more, all of them with --json`] : []),
  ]);
}

/** A reason of the view, with names where it has keys and digests. */
function reasonText({ registry }: Timeline, reason: string): string {
  const gap = /^not drained: (.+)$/.exec(reason)?.[1];
  if (gap !== undefined) return gapText(registry, gap);
  const channel = /^still announced on (.+)$/.exec(reason)?.[1];
  if (channel !== undefined) return `still announced on ${shortChannel(channel)}`;
  const [, state, record] = /^(\w+) ([0-9a-f]{64})$/.exec(reason) ?? [];
  return state !== undefined && record !== undefined ? `${stateText(state)}: ${shortId(record)}` : reason;
}
