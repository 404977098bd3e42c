/** What a chain says of a settled charge, read over JSON-RPC by two calls of the vault (specs/contracts.md). */
import { chainIdOf } from '@assay/pay';
import { askChain, type ChainToAsk } from './chain-to-ask.ts';

/** Which charge. */
export interface SettledCharge {
  readonly network: string;
  readonly vault: string;
  readonly batch: number;
  /** Log index of the receipt. */
  readonly receipt: number;
}

/** What the vault holds. */
export interface PostedCharge {
  /** Root of the batch's charges; undefined for a batch that was not posted. */
  readonly root: string | undefined;
  /** Whether an incident gave the charge back. */
  readonly isRefunded: boolean;
}

/** The first four bytes of keccak over `batches(uint256)` and `isRefunded(uint256)`. */
const BATCHES = '0xb32c4d8d';
const IS_REFUNDED = '0x55866c8d';
const WORD = 64;

/** Reads it. Rejects with the reason for people when the chain cannot tell. */
export async function postedCharge(chain: ChainToAsk, of: SettledCharge): Promise<PostedCharge> {
  const { network, vault, batch, receipt } = of;
  const chainId = Number(await askChain(chain, 'eth_chainId', []));
  if (chainId !== chainIdOf(network))
    throw new Error(`it is chain ${chainId}, and the charge is on ${network}`);
  const call = async (selector: string, argument: number): Promise<string> => {
    const data = selector + argument.toString(16).padStart(WORD, '0');
    return String(await askChain(chain, 'eth_call', [{ to: vault, data }, 'latest']));
  };
  const held = await call(BATCHES, batch);
  const refunded = await call(IS_REFUNDED, receipt);
  // A vault answers six words: root, channels' root, total, time of posting, frozen until, count.
  if (!/^0x[0-9a-f]{384}$/.test(held) || !/^0x[0-9a-f]{64}$/.test(refunded)) {
    throw new Error(`there is no settlement vault at ${vault}`);
  }
  const postedAt = BigInt(`0x${held.slice(2 + 3 * WORD, 2 + 4 * WORD)}`);
  return {
    root: postedAt === 0n ? undefined : held.slice(0, 2 + WORD),
    isRefunded: BigInt(refunded) === 1n,
  };
}
