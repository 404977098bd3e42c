/** How a wallet stands on the chain: what it holds, has deposited, and is withdrawing. */
import { type Address, bytes32Of, type ChannelConfig, paymentChannelId } from '@assay/pay';
import { publicClient, readPaymentChannel, readTokenBalance, rpcClient } from '@assay/pay/node';
import type { Wallet } from '@assay/sdk';
import type { MoneyDescription } from '../network/money.ts';

/** What the chain says of a wallet. */
export interface WalletState {
  readonly address: string;
  readonly balance: bigint;
  readonly paymentChannel: string;
  readonly deposited: bigint;
  readonly claimed: bigint;
  readonly withdrawal?: { readonly amount: bigint; readonly initiatedAt: number };
}

/** The payment channel that the client of this wallet uses with this network's gateway. */
export function channelConfigOf({ owner, session: key }: Wallet, money: MoneyDescription): ChannelConfig {
  return {
    payer: owner.address,
    payerAuthorizer: key.address,
    receiver: money.vault,
    receiverAuthorizer: money.receiverAuthorizer,
    token: money.token.address,
    withdrawDelay: money.withdrawDelay,
    salt: bytes32Of(money.gateway),
  };
}

/** Reads it. @throws viem's errors around RpcError */
export async function walletState(wallet: Wallet, money: MoneyDescription): Promise<WalletState> {
  const rpc = rpcClient(money.rpc);
  try {
    const client = publicClient(rpc, money.chainId);
    const paymentChannel = paymentChannelId(channelConfigOf(wallet, money), money.chainId);
    const [balance, { balance: deposited, totalClaimed: claimed, withdrawal }] = await Promise.all([
      readTokenBalance(client, money.token.address, wallet.owner.address as Address),
      readPaymentChannel(client, paymentChannel),
    ]);
    return {
      address: wallet.owner.address,
      balance,
      paymentChannel,
      deposited,
      claimed,
      ...(withdrawal === undefined ? {} : { withdrawal }),
    };
  } finally {
    rpc.close();
  }
}
