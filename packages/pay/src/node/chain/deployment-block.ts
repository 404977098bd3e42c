/** The block from which on a contract stands, for whoever was not told: found by halving, in some twenty-five questions. */
import { BaseError, HttpRequestError, TimeoutError } from 'viem';
import type { PublicClient } from './public-client.ts';

/** The first block with code at `address`; 0 where the node keeps no state of earlier blocks. Rejects when it is out of reach. */
export async function deploymentBlock(client: PublicClient, address: string): Promise<number> {
  let [below, at] = [-1, Number(await client.getBlockNumber())];
  const stands = async (blockNumber: number): Promise<boolean> => {
    const of = { address: address as `0x${string}`, blockNumber: BigInt(blockNumber) };
    return (await client.getCode(of)) !== undefined;
  };
  try {
    while (at - below > 1) {
      const middle = Math.floor((at + below) / 2);
      if (await stands(middle)) at = middle;
      else below = middle;
    }
    return at;
  } catch (error) {
    if (isOutOfReach(error)) throw error;
    // Not an archive: everything is read, which is right and slow.
    return 0;
  }
}

const isOutOfReach = (error: unknown): boolean =>
  error instanceof BaseError &&
  error.walk((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError) !== null;
