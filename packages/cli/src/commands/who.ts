/** `assay who`: which version made an output, what was announced for it, and whether they agree. */
import { scope, scopeIndex, type AsOf, type Verdict, who as whoOf } from '@assay/views';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { bracketText, evidenceText, servedText } from '../incident/words.ts';
import { shortChannel } from '../names/channels.ts';
import { sizeToAsk } from '../names/known.ts';
import { nameOfVersion } from '../names/models.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { findRecord, shortId } from '../names/records.ts';
import type { Exit } from '../report.ts';
import { knownData, knownText, OVER_LOGS_FLAGS, type OverLogsFlags, timelineOver } from '../several-logs.ts';

export const who = networkCommand<OverLogsFlags, [output: string]>({
  brief: 'Say which version made an output',
  examples: ['who 5c1e77aa', 'who 5c1e77aa --known-at 412 --json', 'who 5c1e77aa --with ../other/.assay'],
  flags: OVER_LOGS_FLAGS,
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Output, by its receipt', parse: asText, placeholder: 'OUTPUT' }],
  },
  async run(session, flags, name) {
    const { timeline, knownAt } = await timelineOver(session, flags);
    const { registry } = timeline;
    const receipt = findRecord(timeline, name, 'output.receipt');
    const prefix = timeline.asOf(sizeToAsk(timeline, receipt, knownAt));
    const { served, verdict, channel, pin, copyOf, bracket, announced } = whoOf(prefix, receipt.id);
    const incidents = incidentsOf(prefix, receipt.id);
    const target =
      pin === null
        ? [...announced.keys()].map((version) => nameOfVersion(registry, version)).join(' or ') || 'nothing'
        : nameOfVersion(registry, pin);
    const node = nameOfParticipant(registry, receipt.signer);
    const place = timeline.placeOf(receipt.index);
    const seconds = (tick: number): number => registry.time.secondsAt(tick);
    const data = {
      output: receipt.id,
      index: place.index,
      ...(place.origin === undefined ? {} : { log: place.origin }),
      knownAt: knownData(timeline, prefix.known),
      served,
      verdict,
      node,
      channel,
      pin,
      copyOf,
      announced,
      bracket: { lo: seconds(bracket.lo), t: seconds(bracket.t), hi: seconds(bracket.hi) },
      incidents,
    };
    const digest = served.s === 'known' ? ` ${served.v}` : '';
    return {
      exit: exitOf(verdict, incidents),
      data,
      lines: [
        `${servedText(registry, served)}${digest}`,
        `${pin === null ? 'announced' : 'pinned'} ${target}  ${verdict.toUpperCase()}  by ${evidenceText(served)}`,
        `made by ${node}${channel === '' ? '' : ` for ${shortChannel(channel)}`}, ${bracketText(bracket, registry.time)}`,
        `receipt ${receipt.id} at index ${place.index}${place.origin === undefined ? '' : ` of ${place.origin}`}, as of ${knownText(timeline, prefix.known)}`,
        ...incidents.map(({ incident, membership }) => `${membership} by incident ${shortId(incident)}`),
      ],
    };
  },
});

interface Membership {
  readonly incident: string;
  readonly membership: 'affected' | 'possible';
}

function incidentsOf(prefix: AsOf, record: string): Membership[] {
  const { ledger, known } = prefix;
  return ledger.incidents.ids(known).flatMap((incident) => {
    const row = scopeIndex(prefix, incident).row(ledger.records.find(record));
    if (row < 0) return [];
    return [
      { incident, membership: row < scope(prefix, incident).affected.ids.length ? 'affected' : 'possible' },
    ];
  });
}

function exitOf(verdict: Verdict, incidents: readonly Membership[]): Exit {
  if (verdict === 'diverged' || incidents.some(({ membership }) => membership === 'affected')) return 1;
  const certain = (verdict === 'match' || verdict === 'copy') && incidents.length === 0;
  return certain ? 0 : 2;
}
