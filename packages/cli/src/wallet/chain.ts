/** What a wallet does on the chain by itself: it is funded, deposits, and withdraws. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, type ChannelConfig, paymentChannelId, ZERO_BYTES32 } from '@assay/pay';
import { openTxOutbox, publicClient, readPaymentChannel, readTokenBalance, rpcClient } from '@assay/pay/node';
import type { Wallet } from '@assay/sdk';
import type { MoneyDescription } from '../network/money.ts';
import type { Session } from '../session.ts';

/** What the chain says of a wallet. */
export interface WalletState {
  readonly address: string;
  readonly balance: bigint;
  readonly paymentChannel: string;
  readonly deposited: bigint;
  readonly claimed: bigint;
  readonly withdrawal?: { readonly amount: bigint; readonly initiatedAt: number };
}

/** The payment channel that the client of this wallet uses with this network's gateways. */
export function channelConfigOf({ owner, session: key }: Wallet, money: MoneyDescription): ChannelConfig {
  return {
    payer: owner.address,
    payerAuthorizer: key.address,
    receiver: money.vault,
    receiverAuthorizer: money.receiverAuthorizer,
    token: money.token.address,
    withdrawDelay: money.withdrawDelay,
    salt: ZERO_BYTES32,
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

/** Sends one call as `sender` and waits until it is mined; its hash. @throws TxError, RpcError */
export async function sendCall(
  session: Session,
  money: MoneyDescription,
  call: { readonly sender: string; readonly secret: Uint8Array; readonly to: string; readonly data: string },
): Promise<string> {
  const folder = join(session.dir, 'state', 'wallets');
  mkdirSync(folder, { recursive: true });
  const rpc = rpcClient(money.rpc);
  const { clock, entropy } = session.context;
  const outbox = openTxOutbox({
    path: join(folder, `${call.sender}.transactions.db`),
    rpc,
    chainId: money.chainId,
    secret: call.secret,
    confirmations: money.confirmations,
    clock,
  });
  try {
    outbox.start();
    const key = `${clock.now()} ${Buffer.from(entropy.bytes(8)).toString('hex')}`;
    const { mined } = await outbox.send({ key, to: call.to, data: call.data });
    return mined?.hash ?? '';
  } finally {
    await outbox[Symbol.asyncDispose]();
    rpc.close();
  }
}
