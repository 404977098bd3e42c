/** `assay wallet show`: what a wallet holds and has deposited. */
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { walletState } from '../wallet/chain.ts';
import { walletOf } from '../wallet/client.ts';
import { depositsIn } from '../wallet/deposits.ts';
import { bookClient, moneyOf, moneyText, walletHolder } from '../wallet/report.ts';
import { standings } from '../wallet/standing.ts';

export const walletShow = networkCommand<object, []>({
  brief: 'Show what a wallet holds, has deposited, and has paid',
  examples: ['wallet show', 'wallet show --key desk'],
  flags: {},
  args: { kind: 'tuple', parameters: [] },
  async run(session) {
    const money = moneyOf(session);
    const { name, identity } = walletHolder(session);
    const state = await walletState(walletOf(identity), money);
    const payments = await bookClient(session).payments.list();
    const paid = payments.reduce((sum, { charged }) => sum + BigInt(charged), 0n);
    const since = standings(await session.timeline());
    const back = payments.reduce((sum, { receipt }) => {
      return sum + BigInt(since.get(receipt)?.givenBack ?? 0);
    }, 0n);
    const text = (amount: bigint): string => moneyText(session, String(amount));
    const others = (await depositsIn(session)).filter(
      ({ paymentChannel, balance, claimed }) => paymentChannel !== state.paymentChannel && balance > claimed,
    );
    return clean(
      {
        name,
        address: state.address,
        balance: String(state.balance),
        paymentChannel: state.paymentChannel,
        deposited: String(state.deposited),
        claimed: String(state.claimed),
        paid: String(paid),
        givenBack: String(back),
        otherDeposits: others.map(({ paymentChannel, config, balance, claimed }) => {
          const amounts = { deposited: String(balance), claimed: String(claimed) };
          return { paymentChannel, receiver: config.receiver, ...amounts };
        }),
        ...(state.withdrawal === undefined
          ? {}
          : {
              withdrawal: {
                amount: String(state.withdrawal.amount),
                initiatedAt: state.withdrawal.initiatedAt,
              },
            }),
      },
      [
        `${name} is ${state.address} on ${money.network}`,
        `holds ${text(state.balance)}`,
        `has deposited ${text(state.deposited)}, of which ${text(state.claimed)} is claimed`,
        ...others.map(
          ({ paymentChannel, balance, claimed }) =>
            `has ${text(balance - claimed)} more in payment channel ${paymentChannel.slice(0, 12)}…, opened on other terms; "assay wallet withdraw" takes it back as well`,
        ),
        `has paid ${text(paid)} for answers${back === 0n ? '' : `, and got ${text(back)} of it back`}`,
        ...(state.withdrawal === undefined
          ? []
          : [`is withdrawing ${text(state.withdrawal.amount)}; finish it with "assay wallet withdraw"`]),
      ],
    );
  },
});
