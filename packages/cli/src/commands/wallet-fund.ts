/** `assay wallet fund`: tokens out of nothing, on the development token only. */
import { devTokenAbi, DEV_FAUCET_KEY } from '@assay/pay/node';
import { encodeFunctionData } from 'viem';
import { fromHex } from '@assay/core';
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { sendCall } from '../wallet/chain.ts';
import { walletOf } from '../wallet/client.ts';
import { asAmount, atomicOf } from '../wallet/flags.ts';
import { moneyOf, walletHolder } from '../wallet/report.ts';

export const walletFund = networkCommand<object, [amount: string]>({
  brief: 'Give a wallet tokens out of nothing (development token only)',
  examples: ['wallet fund 10', 'wallet fund 2.5 --key desk'],
  flags: {},
  args: { kind: 'tuple', parameters: [{ brief: 'Whole tokens', parse: asAmount, placeholder: 'AMOUNT' }] },
  async run(session, _flags, amount) {
    const money = moneyOf(session);
    const { name, identity } = walletHolder(session);
    const { address } = walletOf(identity).owner;
    const { decimals, symbol } = money.token;
    const data = encodeFunctionData({
      abi: devTokenAbi,
      functionName: 'mint',
      args: [address, atomicOf(amount, decimals)],
    });
    const secret = fromHex(DEV_FAUCET_KEY.slice(2));
    const tx = await sendCall(session, money, { sender: 'faucet', secret, to: money.token.address, data });
    return clean({ name, address, amount, tx }, [
      `${name} got ${amount} ${symbol}; they are simulated, and buy nothing elsewhere`,
    ]);
  },
});
