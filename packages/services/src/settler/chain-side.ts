/** A settler's own side of the chain: its outbox, its reads, and what it signs there. */
import { type Clock, sha256, utf8 } from '@assay/core';
import { assayDomain, type Domain, evmHex } from '@assay/core/money';
import type { Identity } from '@assay/core/node';
import {
  BatchSettler,
  openTxOutbox,
  publicClient,
  type PublicClient,
  type Rpc,
  rpcClient,
  type TxOutbox,
} from '@assay/pay/node';
import type { Logger } from 'pino';
import type { SettlerConfig } from './config.ts';

/** Everything a settler does on the chain goes through here. */
export class ChainSide implements AsyncDisposable {
  readonly rpc: Rpc;
  readonly client: PublicClient;
  readonly outbox: TxOutbox;
  readonly settler: BatchSettler;
  readonly domain: Domain;
  /** The log, as contracts name it. */
  readonly originHash: string;
  readonly network: string;

  /** @throws TxError `locked` | `conflict` */
  constructor(
    { chain, transactions, log: { origin } }: SettlerConfig,
    outside: { readonly identity: Identity; readonly clock: Clock; readonly log: Logger },
  ) {
    this.rpc = rpcClient(chain.rpc);
    this.client = publicClient(this.rpc, chain.chainId);
    this.outbox = openTxOutbox({
      path: transactions,
      rpc: this.rpc,
      chainId: chain.chainId,
      secret: outside.identity.paymentSecret,
      confirmations: chain.confirmations,
      clock: outside.clock,
      onEvent: (event) => event.type === 'problem' && outside.log.warn(event, 'a transaction'),
      onError: (error) => outside.log.warn({ err: error }, 'asking the chain'),
    });
    this.settler = new BatchSettler({ client: this.client, outbox: this.outbox, contracts: chain });
    this.domain = assayDomain(chain.chainId, chain.vault as `0x${string}`);
    this.originHash = evmHex(sha256(utf8(origin)));
    this.network = `eip155:${chain.chainId}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.outbox[Symbol.asyncDispose]();
    this.rpc.close();
  }
}
