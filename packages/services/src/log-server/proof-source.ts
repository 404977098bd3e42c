/** Where proofs come from: the log for the newest tree, the publisher for the witnessed one. */
import type { Log } from '@assay/log/node';
import type { Publisher } from './publisher.ts';
import type { Wait } from './wait.ts';

export type { Wait };

/** Builds `.tlog-proof`s of one log. */
export class ProofSource {
  readonly #log: Log;
  readonly #publisher: Publisher;
  readonly #timeoutMs: number;

  /** @param timeoutMs how long `witnessed` may wait */
  constructor(log: Log, publisher: Publisher, timeoutMs: number) {
    this.#log = log;
    this.#publisher = publisher;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The proof of a durable entry under the checkpoint that `wait` asks for.
   *
   * @throws LogError `not-covered` @throws LogServerError `witness-timeout`
   */
  async proof(index: number, wait: Wait): Promise<Uint8Array> {
    const { newest } = this.#log;
    if (wait === 'sequenced' || index >= newest.size) return this.#log.proofFor(index, newest.note);
    return this.#log.proofFor(index, await this.#publisher.covering(index, this.#timeoutMs));
  }
}
