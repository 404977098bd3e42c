/** Claims at once when a payer begins to withdraw: what was captured must be claimed before the money leaves (7.5). */
import { devBatchSettlementAbi, WatchCache, type WatchedEvent, Watcher } from '@assay/pay/node';
import { BATCH_SETTLEMENT_ADDRESS } from '@assay/core/money';
import type { Settlement, SettlementParts } from './settlement.ts';

const BEGUN = 'WithdrawInitiated';
const OVER = 'WithdrawFinalized';

/**
 * Watches withdrawals, from where an earlier process had come to, so that none is missed while it was away. Where it has
 * come to is kept only once everything up to there is claimed.
 */
export class WithdrawalGuard {
  readonly #parts: SettlementParts;
  readonly #watcher: Watcher;
  readonly #cache: WatchCache;
  /** Payment channels on which a withdrawal has begun and is not over. */
  readonly #leaving: Set<string>;
  /** Those of them that nothing was claimed for yet. */
  readonly #due: Set<string>;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
    const { client } = parts.chain;
    const { config } = parts;
    const fromBlock = config.chain.deployedAt;
    const watched = `${parts.chain.network} ${BATCH_SETTLEMENT_ADDRESS} ${BEGUN} ${OVER} from ${fromBlock}`;
    this.#cache = new WatchCache(config.watched ?? `${config.transactions}.watched`, watched);
    const resume = this.#cache.load();
    this.#leaving = new Set(resume?.holds);
    // What was captured while this process was away is claimed before it leaves as well.
    this.#due = new Set(this.#leaving);
    this.#watcher = new Watcher({
      client,
      address: BATCH_SETTLEMENT_ADDRESS,
      abi: devBatchSettlementAbi,
      events: [BEGUN, OVER],
      fromBlock,
      resume,
      onEvent: (event) => this.#note(event, event.name === BEGUN),
      onForgotten: (event) => this.#note(event, event.name === OVER),
      onReset: () => this.#leaving.clear(),
    });
  }

  /** One look. Returns what was claimed because of it. @throws SettleError, TxError, RpcError: looked at again then */
  async round(settlement: Settlement): Promise<bigint> {
    await this.#watcher.look();
    const claimed = await this.#claim(settlement);
    // A crash before it leaves an older place to go on from: what is told again is claimed again, which finds nothing.
    this.#cache.save({ ...this.#watcher.watchedTo, holds: [...this.#leaving] });
    return claimed;
  }

  async #claim(settlement: Settlement): Promise<bigint> {
    if (this.#due.size === 0) return 0n;
    const channels = new Set(this.#due);
    const claimed = await settlement.claimNow(channels);
    // Only now are they done with; what is captured on them later is claimed with its batch, in a quarter of the delay.
    for (const channel of channels) this.#due.delete(channel);
    if (claimed > 0n) this.#parts.log.info({ claimed: String(claimed) }, 'claimed before a withdrawal');
    return claimed;
  }

  #note({ args }: WatchedEvent, isLeaving: boolean): void {
    const channel = String(args['channelId']);
    if (!isLeaving) this.#leaving.delete(channel);
    else {
      this.#leaving.add(channel);
      this.#due.add(channel);
    }
  }
}
