/** `assay why`: one shortest path from a bad output to a record, always the same one. */
import type { Registry, Timeline } from '@assay/views';
import { servedBy, type AsOf, why as whyOf } from '@assay/views';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { momentsOf, servedText } from '../incident/words.ts';
import { sizeToAsk } from '../names/known.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { findAnyRecord, findRecord, shortId } from '../names/records.ts';
import { clean } from '../report.ts';
import { vetoedRefunds, vetoText } from '../settlement/vetoed.ts';
import { knownData, knownText, OVER_LOGS_FLAGS, type OverLogsFlags, timelineOver } from '../several-logs.ts';

interface WhyFlags extends OverLogsFlags {
  readonly incident: string;
}

/** Why a path may begin where it does, in words. */
const ROOTS: Readonly<Record<string, string>> = {
  seed: 'made by a bad version in the window',
  contested: 'equal evidence disagrees, and names a bad version',
  'window-straddled': 'made by a bad version at the edge of the window',
  pinned: 'no evidence, and a bad version was asked for',
  announced: 'no evidence, and a bad version was announced',
  leased: 'no evidence, and its node still held a bad version',
};

export const why = networkCommand<WhyFlags, [record: string]>({
  brief: 'Show how an incident reaches a record, by one shortest path',
  examples: ['why 9d04be21 --incident 3f2a9c01'],
  flags: {
    ...OVER_LOGS_FLAGS,
    incident: { kind: 'parsed', parse: asText, brief: 'Incident', placeholder: 'INCIDENT' },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Record', parse: asText, placeholder: 'RECORD' }] },
  async run(session, flags, name) {
    const { timeline, knownAt } = await timelineOver(session, flags);
    const opened = findRecord(timeline, flags.incident, 'incident.open');
    const incident = opened.id;
    const { id } = findAnyRecord(timeline, name);
    const size = sizeToAsk(timeline, opened, knownAt);
    const prefix = timeline.asOf(size);
    const vetoes = vetoedRefunds(timeline, incident, size);
    const answer = whyOf(prefix, incident, id);
    if (answer === null) {
      return clean(
        { record: id, incident, knownAt: knownData(timeline, prefix.known), membership: null, path: [] },
        [
          `${shortId(id)} is not in the scope of ${shortId(incident)}, as of ${knownText(timeline, prefix.known)}`,
        ],
      );
    }
    const steps = answer.path.map((each) => describe(timeline, prefix, each));
    return {
      exit: answer.membership === 'affected' ? 1 : 2,
      data: { record: id, incident, knownAt: knownData(timeline, prefix.known), ...answer, vetoes },
      lines: [
        `${answer.membership}, as of ${knownText(timeline, prefix.known)}: ${ROOTS[answer.root] ?? answer.root}`,
        ...steps.map((step, i) => `${i === 0 ? '  ' : `${'  '.repeat(i)}  -> `}${step}`),
        ...vetoes.map(vetoText),
      ],
    };
  },
});

function describe(timeline: Timeline, prefix: AsOf, id: string): string {
  const record = timeline.record(id);
  const number = prefix.ledger.records.find(id);
  const when = momentsOf(timeline.registry.time)(prefix.ledger.table.t.at(number));
  if (record?.kind === 'output.receipt') {
    const made = servedText(timeline.registry, servedBy(prefix, number));
    return `output ${shortId(id)}  ${when}  ${made} on ${signer(timeline.registry, record.signer)}`;
  }
  if (record?.kind !== 'act') return `record ${shortId(id)}, which is only mentioned`;
  const { type, amount } = record.predicate;
  const sum = amount === undefined ? '' : `  ${amount.value} ${amount.currency}`;
  return `${type} ${shortId(id)}  ${when}  by ${signer(timeline.registry, record.signer)}${sum}`;
}

const signer = (registry: Registry, keyId: string): string => nameOfParticipant(registry, keyId);
