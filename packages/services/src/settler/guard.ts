/** Claims at once when a payer begins to withdraw: what was captured must be claimed before the money leaves (7.5). */
import { devBatchSettlementAbi, Watcher } from '@assay/pay/node';
import { BATCH_SETTLEMENT_ADDRESS } from '@assay/core/money';
import type { Settlement, SettlementParts } from './settlement.ts';

/** Watches withdrawals. It reads from the vault's deployment on at every start, so that none is missed while it was away. */
export class WithdrawalGuard {
  readonly #parts: SettlementParts;
  readonly #watcher: Watcher;
  readonly #leaving = new Set<string>();

  constructor(parts: SettlementParts) {
    this.#parts = parts;
    this.#watcher = new Watcher({
      client: parts.chain.client,
      address: BATCH_SETTLEMENT_ADDRESS,
      abi: devBatchSettlementAbi,
      events: ['WithdrawInitiated'],
      fromBlock: parts.config.chain.deployedAt,
      onEvent: ({ args }) => this.#leaving.add(String(args['channelId'])),
    });
  }

  /** One look. Returns what was claimed because of it. @throws SettleError, TxError, RpcError: looked at again then */
  async round(settlement: Settlement): Promise<bigint> {
    await this.#watcher.look();
    if (this.#leaving.size === 0) return 0n;
    const channels = new Set(this.#leaving);
    const claimed = await settlement.claimNow(channels);
    // Only now are they done with; what is captured on them later is claimed with its batch, in a quarter of the delay.
    for (const channel of channels) this.#leaving.delete(channel);
    if (claimed > 0n) this.#parts.log.info({ claimed: String(claimed) }, 'claimed before a withdrawal');
    return claimed;
  }
}
