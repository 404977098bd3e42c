/** `assay who`: which version made an output, what was announced for it, and whether they agree. */
import { scope, scopeIndex, type AsOf, type Verdict, who as whoOf } from '@assay/views';
import { networkCommand } from '../command.ts';
import { asText, KNOWN_AT_FLAG, type KnownAtFlags } from '../flags.ts';
import { bracketText, evidenceText, secondsAt, servedText } from '../incident/words.ts';
import { shortChannel } from '../names/channels.ts';
import { sizeToAsk } from '../names/known.ts';
import { nameOfVersion } from '../names/models.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { findRecord, shortId } from '../names/records.ts';
import type { Exit } from '../report.ts';

export const who = networkCommand<KnownAtFlags, [output: string]>({
  brief: 'Say which version made an output',
  examples: ['who 5c1e77aa', 'who 5c1e77aa --known-at 412 --json'],
  flags: KNOWN_AT_FLAG,
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Output, by its receipt', parse: asText, placeholder: 'OUTPUT' }],
  },
  async run(session, { knownAt }, name) {
    const timeline = await session.timeline();
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
    const data = {
      output: receipt.id,
      index: receipt.index,
      knownAt: prefix.known,
      served,
      verdict,
      node,
      channel,
      pin,
      copyOf,
      announced,
      bracket: { lo: secondsAt(bracket.lo), t: secondsAt(bracket.t), hi: secondsAt(bracket.hi) },
      incidents,
    };
    const digest = served.s === 'known' ? ` ${served.v}` : '';
    return {
      exit: exitOf(verdict, incidents),
      data,
      lines: [
        `${servedText(registry, served)}${digest}`,
        `${pin === null ? 'announced' : 'pinned'} ${target}  ${verdict.toUpperCase()}  by ${evidenceText(served)}`,
        `made by ${node}${channel === '' ? '' : ` for ${shortChannel(channel)}`}, ${bracketText(bracket)}`,
        `receipt ${receipt.id} at index ${receipt.index}, as of log size ${prefix.known}`,
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
