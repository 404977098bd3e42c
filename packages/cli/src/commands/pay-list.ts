/** `assay pay list`: what this wallet paid for. */
import type { BookedPayment, PaymentStatus } from '@assay/sdk';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { findVersion, nameOfVersion } from '../names/models.ts';
import { shortId } from '../names/records.ts';
import { clean } from '../report.ts';
import { asMoment } from '../wallet/flags.ts';
import { bookClient, moneyText } from '../wallet/report.ts';
import { type Standing, standings } from '../wallet/standing.ts';
import { counted } from '../words.ts';

interface ListFlags {
  readonly model?: string;
  readonly version?: string;
  readonly from?: number;
  readonly to?: number;
}

/** What is told of a payment beside its price; nothing where all went as usual. */
const WORDS: { readonly [K in PaymentStatus]: string } = {
  free: '',
  held: 'held, not charged yet',
  captured: '',
  released: 'released: nothing was charged',
  refunded: 'given back',
};

const givenBackText = (incident: string): string => `given back by incident ${shortId(incident)}`;

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
    const books = bookClient(session).payments;
    const refused = await books.orders('refused');
    const payments = await books.list({
      ...(model === undefined ? {} : { model }),
      ...(version === undefined ? {} : { version: findVersion(registry, version).digest }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    const since = standings(timeline);
    const listed: (BookedPayment & Standing)[] = payments.map((payment) => {
      return { ...payment, ...since.get(payment.receipt) };
    });
    const back = listed.reduce((sum, { givenBack = '0' }) => sum + BigInt(givenBack), 0n);
    const total = payments.reduce((sum, { charged }) => sum + BigInt(charged), 0n);
    const lines = listed.map((payment) => {
      const { at, receipt, model: name, version: digest, charged, request } = payment;
      const moment = `${new Date(at).toISOString().slice(0, 19)}Z`;
      const made = `${name.slice(name.indexOf('/') + 1)} ${nameOfVersion(registry, digest)}`;
      const then =
        payment.givenBackBy === undefined ? WORDS[payment.status] : givenBackText(payment.givenBackBy);
      const twice = payment.alsoOrdered === undefined ? '' : `  ${elsewhere(payment)}`;
      return `${moment}  ${moneyText(session, charged).padStart(20)}  ${shortId(receipt)}  ${made}  request ${request}${then === '' ? '' : `  ${then}`}${twice}`;
    });
    return clean({ payments: listed, total: String(total), refused: refused.map(({ request }) => request) }, [
      ...lines,
      payments.length === 0
        ? 'Nothing was paid from this wallet.'
        : `${counted(payments.length, 'payment')}, ${moneyText(session, String(total))} in all${back === 0n ? '' : `, of which ${moneyText(session, String(back))} came back`}`,
      ...refused.map(
        ({ request, reason }) =>
          `request ${request} was refused (${reason?.code ?? ''}): see "assay pay explain ${request}"`,
      ),
    ]);
  },
});

/** A request that had been ordered at another gateway before: `pay explain` looks whether that one charged it too. */
const elsewhere = ({ alsoCharged = [], alsoOrdered = [] }: BookedPayment): string =>
  alsoCharged.length > 0
    ? `charged by ${alsoCharged.length + 1} gateways`
    : `also ordered at ${alsoOrdered.map(({ gateway }) => gateway).join(', ')}`;
