/** What can become of a transaction besides being mined. */
import { AssayError } from '@assay/core';

/**
 * - `conflict`: the same key was given with another transaction
 * - `would-revert`: the chain says now that it would revert; nothing was kept or sent
 * - `reverted`: it was mined and did nothing; its nonce is used
 * - `timeout`: it was not mined in the time given; it is kept and goes on being sent
 * - `locked`: another process has the outbox open
 * - `closed`: used after closing
 */
export class TxError extends AssayError<
  'conflict' | 'would-revert' | 'reverted' | 'timeout' | 'locked' | 'closed'
> {
  /** Revert data in hexadecimal, where the chain gave any. */
  readonly revertData: string | undefined;

  constructor(
    code: 'conflict' | 'would-revert' | 'reverted' | 'timeout' | 'locked' | 'closed',
    detail: ConstructorParameters<typeof AssayError>[1] & { revertData?: string },
  ) {
    super(code, detail);
    this.revertData = detail.revertData;
  }
}
