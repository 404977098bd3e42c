/** `assay wallet deposit`: pays into the payment channel ahead of need; asking does so by itself. */
import { DEPOSIT_COLLECTOR_ADDRESS, depositNonce, evmHex, paymentChannelId, receiveDigest } from '@assay/pay';
import { unixSeconds } from '@assay/core';
import { depositCall } from '@assay/pay/node';
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import { CliError } from '../cli-error.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { channelConfigOf, walletState } from '../wallet/chain.ts';
import { bookOf, walletOf } from '../wallet/client.ts';
import { asAmount, positiveAtomicOf } from '../wallet/flags.ts';
import { moneyOf, moneyText, walletHolder } from '../wallet/report.ts';

/** Seconds for which the authorization is good. */
const GOOD_SECONDS = 600;

export const walletDeposit = networkCommand<object, [amount: string]>({
  brief: 'Deposit ahead of need; asking deposits by itself',
  examples: ['wallet deposit 5'],
  flags: {},
  args: { kind: 'tuple', parameters: [{ brief: 'Whole tokens', parse: asAmount, placeholder: 'AMOUNT' }] },
  async run(session, _flags, amount) {
    const money = moneyOf(session);
    const holder = walletHolder(session);
    const { name, identity } = holder;
    const wallet = walletOf(identity);
    const { clock, entropy } = session.context;
    const config = channelConfigOf(wallet, money);
    const id = paymentChannelId(config, money.chainId);
    const { decimals, symbol, name: domain, version, address } = money.token;
    const value = positiveAtomicOf(amount, decimals);
    const { balance } = await walletState(wallet, money);
    if (balance < value) {
      throw new CliError('not-allowed', {
        what: `${name} holds ${moneyText(session, String(balance))}, and ${amount} are to be deposited`,
        where: wallet.owner.address,
        fix: 'Deposit less; on a local network "assay wallet fund" gives more.',
      });
    }
    const salt = evmHex(entropy.bytes(32));
    const validBefore = BigInt(unixSeconds(clock) + GOOD_SECONDS);
    const token = { name: domain, version, chainId: money.chainId, verifyingContract: address };
    const digest = receiveDigest(token, {
      from: wallet.owner.address,
      to: DEPOSIT_COLLECTOR_ADDRESS,
      value,
      validAfter: 0n,
      validBefore,
      nonce: depositNonce(id, salt),
    });
    const signature = await wallet.owner.sign(digest);
    await using chain = new ChainSession(session);
    const call = depositCall(config, { value, validAfter: 0n, validBefore, salt, signature });
    const tx = await chain.send(holder, call);
    await forgetStanding(bookOf(session, name), id);
    return clean({ name, paymentChannel: id, amount, tx }, [`${name} deposited ${amount} ${symbol}`]);
  },
});

/** The next client asks its gateway how the channel stands. */
async function forgetStanding(book: ReturnType<typeof bookOf>, id: string): Promise<void> {
  if ((await book.get(`channel ${id}`)) !== undefined) await book.set(`channel ${id}`, '');
}
