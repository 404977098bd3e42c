/** `assay stake show`: who has how much at stake. */
import { addressOfPaymentKey } from '@assay/core/money';
import type { StakeState } from '@assay/pay/node';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { findParticipant } from '../names/participants.ts';
import { clean } from '../report.ts';
import type { Session } from '../session.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { moneyText } from '../wallet/report.ts';

export const stakeShow = networkCommand<object, string[]>({
  brief: 'Show what participants have at stake; all nodes when none is named',
  examples: ['stake show', 'stake show node-a --json'],
  flags: {},
  args: {
    kind: 'array',
    parameter: { brief: 'Participants, by name or key', parse: asText, placeholder: 'NAME' },
  },
  async run(session, _flags, ...names) {
    const { registry } = await session.timeline();
    const asked =
      names.length > 0
        ? names.map((name) => findParticipant(registry, name))
        : [...registry.participants.all].filter(({ roles }) => roles.includes('node'));
    await using chain = new ChainSession(session);
    const rows: Row[] = [];
    for (const { name, keyId, paymentKey } of asked) {
      const account = addressOfPaymentKey(paymentKey);
      rows.push({ name, keyId, account, stake: await chain.reads.stake(account) });
    }
    const data = rows.map(({ stake: { bonded, leaving, forfeited, leavesAt }, ...row }) => ({
      ...row,
      bonded: String(bonded),
      leaving: String(leaving),
      forfeited: String(forfeited),
      leavesAt,
    }));
    return clean(
      data,
      rows.map((row) => line(row, session)),
    );
  },
});

interface Row {
  readonly name: string;
  readonly keyId: string;
  readonly account: string;
  readonly stake: StakeState;
}

function line({ name, stake: { bonded, leaving, forfeited, leavesAt } }: Row, session: Session): string {
  const parts = [`${name}: ${moneyText(session, String(bonded))} bonded`];
  if (leaving > 0n)
    parts.push(
      `${moneyText(session, String(leaving))} leaves at ${new Date(leavesAt * 1_000).toISOString()}`,
    );
  if (forfeited > 0n) parts.push(`${moneyText(session, String(forfeited))} slashed, kept for refunds`);
  return parts.join(', ');
}
