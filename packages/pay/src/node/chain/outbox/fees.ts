/** Fees of a transaction: enough for the next blocks, and enough more when one is to be replaced. */
import type { Rpc } from '../rpc.ts';

/** EIP-1559 fees in wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** 1 gwei: what a block builder takes when nothing is scarce. */
const TIP = 1_000_000_000n;

/** Fees that stay good while the base fee doubles (six full blocks). @throws RpcError */
export async function currentFees(rpc: Rpc): Promise<Fees> {
  const block = await rpc.call<{ baseFeePerGas?: string }>('eth_getBlockByNumber', ['latest', false]);
  const base = BigInt(block.baseFeePerGas ?? '0x0');
  return { maxFeePerGas: base * 2n + TIP, maxPriorityFeePerGas: TIP };
}

/** Fees that replace `old` in every pool: nodes ask for a tenth more of both; an eighth is more. */
export function raisedFees(old: Fees, current: Fees): Fees {
  const raise = (fee: bigint): bigint => (fee * 9n) / 8n + 1n;
  const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  return {
    maxFeePerGas: larger(raise(old.maxFeePerGas), current.maxFeePerGas),
    maxPriorityFeePerGas: larger(raise(old.maxPriorityFeePerGas), current.maxPriorityFeePerGas),
  };
}
