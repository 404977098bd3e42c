/** `assay pay list`: what this wallet paid for. */
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
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
  examples: ['pay list --model sp500-vol', 'pay list --from 2026-11-25T10:00:00Z --key agent'],
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
      brief: 'Answers by this version only',
      optional: true,
      placeholder: 'DIGEST',
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
    const payments = await bookClient(session).payments.list({
      ...(model === undefined ? {} : { model }),
      ...(version === undefined ? {} : { version }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    const total = payments.reduce((sum, { charged }) => sum + BigInt(charged), 0n);
    const lines = payments.map(
      ({ at, receipt, model: name, charged, request }) =>
        `${new Date(at).toISOString().slice(0, 19)}Z  ${moneyText(session, charged).padStart(20)}  ${receipt.slice(0, 12)}  ${name.slice(name.indexOf('/') + 1)}  request ${request}`,
    );
    return clean({ payments, total: String(total) }, [
      ...lines,
      payments.length === 0
        ? 'Nothing was paid from this wallet.'
        : `${payments.length} payments, ${moneyText(session, String(total))} in all`,
    ]);
  },
});
