/** `assay pay settle`: settles what was captured now, instead of at the next settlement period. */
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { askSettler, refusalOf } from '../settlement/settler-client.ts';
import { moneyOf, moneyText } from '../wallet/report.ts';

export const paySettle = networkCommand<object, []>({
  brief: 'Settle now: claim vouchers and post a batch of what was captured',
  examples: ['pay settle', 'pay settle --json'],
  flags: {},
  args: { kind: 'tuple', parameters: [] },
  async run(session) {
    const { terms } = moneyOf(session);
    const answer = await askSettler(session, '/assay/v1/settle', session.signatory('agent'));
    if (!answer.ok) throw refusalOf(answer);
    const { batch, charges, total } = answer.body;
    const every = `it settles by itself every ${terms.settlementPeriod} s`;
    return clean(answer.body, [
      batch === undefined
        ? `nothing to settle; ${every}`
        : `batch ${String(batch)}: ${String(charges)} charges, ${moneyText(session, String(total))}; ${every}`,
    ]);
  },
});
