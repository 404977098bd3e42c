/** `assay wallet fund`: tokens out of nothing, on the development token only. */
import { DEV_FAUCET_KEY, mintCall } from '@assay/pay/node';
import { fromHex, paymentKeyId } from '@assay/core';
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { ChainSession, type Sender } from '../settlement/chain-session.ts';
import { walletOf } from '../wallet/client.ts';
import { asAmount, positiveAtomicOf } from '../wallet/flags.ts';
import { moneyOf, walletHolder } from '../wallet/report.ts';

/** An ether of the embedded chain, worth nothing. */
const ENOUGH_WEI = 10n ** 18n;

const secret = fromHex(DEV_FAUCET_KEY.slice(2));
/** Everybody knows its key; it holds something on the embedded chain only. */
const FAUCET: Sender = {
  name: 'the faucet',
  identity: {
    paymentSecret: secret,
    paymentKey: paymentKeyId(secret),
  },
};

export const walletFund = networkCommand<object, [amount: string]>({
  brief: 'Give a wallet tokens out of nothing (development token only)',
  examples: ['wallet fund 10', 'wallet fund 2.5 --key desk'],
  flags: {},
  args: { kind: 'tuple', parameters: [{ brief: 'Whole tokens', parse: asAmount, placeholder: 'AMOUNT' }] },
  async run(session, _flags, amount) {
    const money = moneyOf(session);
    const { name, identity } = walletHolder(session);
    const { address } = walletOf(identity).owner;
    const { decimals, symbol, address: token } = money.token;
    const value = positiveAtomicOf(amount, decimals);
    await using chain = new ChainSession(session);
    // Deposits and withdrawals are its own transactions, and cost some of the chain's own coin.
    const isPoor = (await chain.client.getBalance({ address })) < ENOUGH_WEI;
    if (isPoor) await chain.send(FAUCET, { to: address, data: '0x' }, ENOUGH_WEI);
    const tx = await chain.send(FAUCET, mintCall(token, address, value));
    return clean({ name, address, amount, tx }, [
      `${name} got ${amount} ${symbol}; they are simulated, and buy nothing elsewhere`,
    ]);
  },
});
