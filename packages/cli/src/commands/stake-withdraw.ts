/** `assay stake withdraw`: pays out money whose unbonding is over. */
import { addressOfPaymentKey } from '@assay/core/money';
import { withdrawStakeCall } from '@assay/pay/node';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { moneyOf, moneyText } from '../wallet/report.ts';

export const stakeWithdraw = networkCommand<object, []>({
  brief: 'Pay out money whose unbonding is over',
  examples: ['stake withdraw --key node-a'],
  flags: {},
  args: { kind: 'tuple', parameters: [] },
  async run(session) {
    const { registry } = moneyOf(session);
    const by = session.signatory('owner');
    const account = addressOfPaymentKey(by.identity.paymentKey);
    await using chain = new ChainSession(session);
    const { leaving, leavesAt } = await chain.reads.stake(account);
    const now = await chain.reads.now();
    if (leaving === 0n || now < leavesAt) {
      throw new CliError('not-yet', {
        what:
          leaving === 0n
            ? `nothing of ${by.name} is leaving`
            : `${moneyText(session, String(leaving))} leaves in ${leavesAt - now} s`,
        fix: leaving === 0n ? 'Announce it with "assay stake unbond".' : 'Ask again then.',
      });
    }
    const tx = await chain.send(by, withdrawStakeCall(registry, account));
    return clean({ account, amount: String(leaving), tx }, [
      `${by.name} got ${moneyText(session, String(leaving))}`,
    ]);
  },
});
