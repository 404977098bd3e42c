/** One command's way to the chain: reads, and transactions of one key that are sent until they are final. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freshId } from '@assay/core';
import { addressOfPaymentKey } from '@assay/core/money';
import type { Identity } from '@assay/core/node';
import {
  type Call,
  openTxOutbox,
  publicClient,
  type PublicClient,
  type Rpc,
  rpcClient,
  revertReason,
  TxError,
  type TxOutbox,
  VaultReads,
} from '@assay/pay/node';
import { CliError } from '../cli-error.ts';
import type { Session } from '../session.ts';
import { moneyOf } from '../wallet/report.ts';

/** Whose transactions: their payment key sends them, and pays for them in the chain's own coin. */
export interface Sender {
  readonly name: string;
  readonly identity: Pick<Identity, 'paymentKey' | 'paymentSecret'>;
}

/** The chain behind a network, for reading. */
export class ChainSession implements AsyncDisposable {
  readonly client: PublicClient;
  readonly reads: VaultReads;
  readonly #session: Session;
  readonly #rpc: Rpc;
  #outbox: TxOutbox | undefined;

  /** @throws CliError `no-network` where everything is free */
  constructor(session: Session) {
    const { rpc, chainId, token, vault, registry, anchor } = moneyOf(session);
    this.#session = session;
    this.#rpc = rpcClient(rpc);
    this.client = publicClient(this.#rpc, chainId);
    this.reads = new VaultReads(this.client, { token: token.address, vault, registry, anchor });
  }

  /**
   * Sends a call as `by`, and waits until it is final; its transaction's hash. What a command that was killed had sent
   * is kept, and goes on with the next one of this key.
   *
   * @param value  of the chain's own coin that goes along
   * @throws CliError `not-allowed` with the contract's own words, or where nothing is there to pay for it; TxError, RpcError
   */
  async send(by: Sender, call: Call, value = 0n): Promise<string> {
    await this.#assertGas(by);
    this.#outbox ??= this.#open(by);
    const key = `command ${freshId(this.#session.context.entropy)}`;
    try {
      const { mined } = await this.#outbox.send({ key, to: call.to, data: call.data, value }, 'confirmed');
      return mined?.hash ?? '';
    } catch (error) {
      if (!(error instanceof TxError) || error.revertData === undefined) throw error;
      throw new CliError('not-allowed', {
        what: `the contract refuses: ${revertReason(error.revertData) ?? error.revertData.slice(0, 74)}`,
        where: call.to,
        fix: 'Nothing was sent. See specs/contracts.md for what that means.',
        cause: error,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#outbox?.[Symbol.asyncDispose]();
    this.#rpc.close();
  }

  /** Without it a transaction would wait for ever, and every later one behind it. */
  async #assertGas({ name, identity }: Sender): Promise<void> {
    const address = addressOfPaymentKey(identity.paymentKey);
    if ((await this.client.getBalance({ address })) > 0n) return;
    throw new CliError('not-allowed', {
      what: `${name} holds nothing that pays for a transaction on ${moneyOf(this.#session).network}`,
      where: address,
      fix: 'On a local network "assay wallet fund" gives some; elsewhere send it some of the chain\'s own coin.',
    });
  }

  #open({ identity }: Sender): TxOutbox {
    const { chainId, confirmations } = moneyOf(this.#session);
    const folder = join(this.#session.dir, 'state', 'wallets');
    mkdirSync(folder, { recursive: true });
    const outbox = openTxOutbox({
      path: join(folder, `${addressOfPaymentKey(identity.paymentKey)}.db`),
      rpc: this.#rpc,
      chainId,
      secret: identity.paymentSecret,
      confirmations,
      clock: this.#session.context.clock,
    });
    outbox.start();
    return outbox;
  }
}
