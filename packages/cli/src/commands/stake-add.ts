/** `assay stake add`: bonds money for a payment key. */
import { approveCall, mintCall, readTokenBalance, stakeCall } from '@assay/pay/node';
import { addressOfPaymentKey } from '@assay/core/money';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { asAmount, atomicOf } from '../wallet/flags.ts';
import { moneyOf, moneyText } from '../wallet/report.ts';

interface AddFlags {
  readonly mint: boolean;
}

export const stakeAdd = networkCommand<AddFlags, [amount: string]>({
  brief: 'Bond money: what a node may lose, and what makes its word worth something',
  examples: ['stake add 5 --key node-a --mint', 'stake add 2.5 --key my-node.json'],
  flags: {
    mint: {
      kind: 'boolean',
      brief: 'First make the tokens; on a development network anybody may',
      default: false,
      withNegated: false,
    },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Whole tokens, such as 2.5', parse: asAmount, placeholder: 'AMOUNT' }],
  },
  async run(session, { mint }, text) {
    const { token, registry } = moneyOf(session);
    const by = session.signatory('owner');
    const account = addressOfPaymentKey(by.identity.paymentKey);
    const amount = atomicOf(text, token.decimals);
    await using chain = new ChainSession(session);
    if (mint) await chain.send(by, mintCall(token.address, account, amount));
    const balance = await readTokenBalance(chain.client, token.address, account);
    if (balance < amount) {
      throw new CliError('not-allowed', {
        what: `${account} has ${moneyText(session, String(balance))}`,
        fix: 'Give less, send it some, or on a development network add --mint.',
      });
    }
    await chain.send(by, approveCall(token.address, registry, amount));
    const tx = await chain.send(by, stakeCall(registry, account, amount));
    const { bonded } = await chain.reads.stake(account);
    return clean({ account, amount: String(amount), bonded: String(bonded), tx }, [
      `${by.name} bonded ${moneyText(session, String(amount))}; ${moneyText(session, String(bonded))} in all`,
    ]);
  },
});
