/** `assay pay list`: what this wallet paid for. */
import { reach, type Timeline } from '@assay/views';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { findVersion, nameOfVersion } from '../names/models.ts';
import { shortId } from '../names/records.ts';
import { clean } from '../report.ts';
import { asMoment } from '../wallet/flags.ts';
import { bookClient, moneyText } from '../wallet/report.ts';

interface ListFlags {
  readonly model?: string;
  readonly version?: string;
  readonly from?: number;
  readonly to?: number;
}

export const payList = networkCommand<ListFlags, []>({
  brief: 'List what a wallet paid for',
  examples: ['pay list --model sp500-vol --version v2', 'pay list --from 2026-11-25T10:00:00Z --key agent'],
  flags: {
    model: {
      kind: 'parsed',
      parse: asText,
      brief: 'Answers of this model only',
      optional: true,
      placeholder: 'MODEL',
    },
    version: {
      kind: 'parsed',
      parse: asText,
      brief: 'Answers by this version only: its label or digest',
      optional: true,
      placeholder: 'VERSION',
    },
    from: {
      kind: 'parsed',
      parse: asMoment,
      brief: 'Since this moment',
      optional: true,
      placeholder: 'TIME',
    },
    to: { kind: 'parsed', parse: asMoment, brief: 'Before this moment', optional: true, placeholder: 'TIME' },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(session, filter) {
    const { model, version, from, to } = filter;
    const timeline = await session.timeline();
    const { registry } = timeline;
    const payments = await bookClient(session).payments.list({
      ...(model === undefined ? {} : { model }),
      ...(version === undefined ? {} : { version: findVersion(registry, version).digest }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    const back = givenBack(timeline);
    const listed = payments.map((payment) => {
      const incident = back.get(payment.receipt);
      return incident === undefined ? payment : { ...payment, givenBackBy: incident };
    });
    const total = payments.reduce((sum, { charged }) => sum + BigInt(charged), 0n);
    const lines = listed.map((payment) => {
      const { at, receipt, model: name, version: digest, charged, request } = payment;
      const moment = `${new Date(at).toISOString().slice(0, 19)}Z`;
      const made = `${name.slice(name.indexOf('/') + 1)} ${nameOfVersion(registry, digest)}`;
      const then = 'givenBackBy' in payment ? `  given back by incident ${shortId(payment.givenBackBy)}` : '';
      return `${moment}  ${moneyText(session, charged).padStart(20)}  ${shortId(receipt)}  ${made}  request ${request}${then}`;
    });
    return clean({ payments: listed, total: String(total) }, [
      ...lines,
      payments.length === 0
        ? 'Nothing was paid from this wallet.'
        : `${payments.length} payments, ${moneyText(session, String(total))} in all`,
    ]);
  },
});

/** Receipts whose charge a class refund gave back, as the books of its incident record it, and the incident. */
function givenBack(timeline: Timeline): ReadonlyMap<string, string> {
  const incidents = new Set(Array.from(timeline.records('refund'), ({ predicate }) => predicate.incident));
  const found = new Map<string, string>();
  for (const incident of incidents) {
    for (const { record, kind, state } of reach(timeline.asOf(), incident).rows())
      if (kind === 'output' && state === 'compensated') found.set(record, incident);
  }
  return found;
}
