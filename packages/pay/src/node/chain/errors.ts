/** What can go wrong between us and a chain. */
import { AssayError } from '@assay/core';

/**
 * - `binary-missing`: there is no anvil on this machine
 * - `not-ready`: anvil did not come up, or ended
 * - `public-chain-id`: a development chain must not pass for a public one
 * - `not-deployed`: a contract that should be at an address is not
 * - `other-state`: the kept chain was made with other contracts or another chain id
 * - `refused`: the chain process does not take this
 */
export class ChainError extends AssayError<
  'binary-missing' | 'not-ready' | 'public-chain-id' | 'not-deployed' | 'other-state' | 'refused'
> {}

/**
 * - `timeout`: no answer in time; what was asked may have happened all the same
 * - `unreachable`: no connection, or a cut one; the same holds
 * - `answer`: the node answered with an error of its own; see `rpcCode` and `data`
 */
export class RpcError extends AssayError<'timeout' | 'unreachable' | 'answer'> {
  /** JSON-RPC error code of an `answer`. */
  readonly rpcCode: number | undefined;
  /** The node's own words. */
  readonly said: string;
  /** Data of an `answer`: for a revert its bytes. */
  readonly data: unknown;

  constructor(
    code: 'timeout' | 'unreachable' | 'answer',
    detail: ConstructorParameters<typeof AssayError>[1] & { said?: string; rpcCode?: number; data?: unknown },
  ) {
    super(code, detail);
    this.said = detail.said ?? detail.what;
    this.rpcCode = detail.rpcCode;
    this.data = detail.data;
  }

  /** Whether what was asked may have happened although no answer came. */
  get isUnknown(): boolean {
    return this.code !== 'answer';
  }
}
