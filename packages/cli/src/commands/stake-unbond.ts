/** `assay stake unbond`: announces that bonded money leaves. */
import { addressOfPaymentKey } from '@assay/core/money';
import { unbondCall } from '@assay/pay/node';
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { asAmount, atomicOf } from '../wallet/flags.ts';
import { moneyOf, moneyText } from '../wallet/report.ts';

export const stakeUnbond = networkCommand<object, [amount: string]>({
  brief: 'Announce that bonded money leaves; until it has left it can still be slashed',
  examples: ['stake unbond 2 --key node-a'],
  flags: {},
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Whole tokens, such as 2.5', parse: asAmount, placeholder: 'AMOUNT' }],
  },
  async run(session, _flags, text) {
    const { token, registry } = moneyOf(session);
    const by = session.signatory('owner');
    const account = addressOfPaymentKey(by.identity.paymentKey);
    await using chain = new ChainSession(session);
    const tx = await chain.send(by, unbondCall(registry, atomicOf(text, token.decimals)));
    const { leaving, leavesAt } = await chain.reads.stake(account);
    const when = new Date(leavesAt * 1_000).toISOString();
    return clean({ account, leaving: String(leaving), leavesAt, tx }, [
      `${moneyText(session, String(leaving))} of ${by.name} leaves at ${when}; "assay stake withdraw" pays it out then`,
    ]);
  },
});
