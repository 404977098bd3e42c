/** `assay wallet withdraw`: takes back what was deposited and not spent; begun once, finished after the delay. */
import { BATCH_SETTLEMENT_ADDRESS, paymentChannelId } from '@assay/pay';
import { devBatchSettlementAbi } from '@assay/pay/node';
import { encodeFunctionData } from 'viem';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { channelConfigOf, walletState } from '../wallet/chain.ts';
import { bookOf, walletOf } from '../wallet/client.ts';
import { moneyOf, moneyText, walletHolder } from '../wallet/report.ts';

export const walletWithdraw = networkCommand<object, []>({
  brief: 'Take back what is deposited and not spent: begin it, and finish it after the delay',
  examples: ['wallet withdraw'],
  flags: {},
  args: { kind: 'tuple', parameters: [] },
  async run(session) {
    const money = moneyOf(session);
    const holder = walletHolder(session);
    const { name, identity } = holder;
    const wallet = walletOf(identity);
    const config = channelConfigOf(wallet, money);
    const state = await walletState(wallet, money);
    const { withdrawal, deposited, claimed } = state;
    await using chain = new ChainSession(session);
    const call = (data: `0x${string}`): Promise<string> =>
      chain.send(holder, { to: BATCH_SETTLEMENT_ADDRESS, data });
    if (withdrawal === undefined) {
      const amount = deposited - claimed;
      if (amount <= 0n)
        throw new CliError('not-allowed', {
          what: `${name} has nothing deposited that is not claimed`,
          fix: 'See "assay wallet show".',
        });
      const data = encodeFunctionData({
        abi: devBatchSettlementAbi,
        functionName: 'initiateWithdraw',
        args: [config as never, amount],
      });
      const tx = await call(data);
      return clean({ name, state: 'begun', amount: String(amount), tx, delay: money.withdrawDelay }, [
        `${moneyText(session, String(amount))} can be taken in ${money.withdrawDelay} s; gateways take no vouchers from this payment channel meanwhile`,
        'run "assay wallet withdraw" again then',
      ]);
    }
    const due = withdrawal.initiatedAt + money.withdrawDelay;
    // The chain's clock is the one that its contract goes by.
    const left = due - (await chain.reads.now());
    if (left > 0)
      throw new CliError('not-yet', { what: `the withdrawal is due in ${left} s`, fix: 'Ask again then.' });
    const data = encodeFunctionData({
      abi: devBatchSettlementAbi,
      functionName: 'finalizeWithdraw',
      args: [config as never],
    });
    const tx = await call(data);
    await bookOf(session, name).set(`channel ${paymentChannelId(config, money.chainId)}`, '');
    return clean({ name, state: 'finished', amount: String(withdrawal.amount), tx }, [
      `${moneyText(session, String(withdrawal.amount))} is back in ${name}'s wallet`,
    ]);
  },
});
