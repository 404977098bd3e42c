/** Looks at a signed transaction before it is kept: what cannot be executed now is not kept for later. */
import { keccak256, parseTransaction, recoverTransactionAddress } from 'viem';
import { RpcError } from './errors.ts';
import type { Rpc } from './rpc.ts';

type Serialized = Parameters<typeof recoverTransactionAddress>[0]['serializedTransaction'];

/** JSON-RPC code of geth and anvil for transactions that are refused. */
const REFUSED = -32_003;

/**
 * The hash of `raw`, or an error as a node would give it.
 *
 * @throws RpcError `answer` for bytes that are no transaction, and for one whose turn has not come: this chain executes
 * each at once, and holds none
 */
export async function checkSigned(rpc: Rpc, raw: string): Promise<string> {
  const { from, nonce } = await openTransaction(raw);
  const next = Number(await rpc.call<string>('eth_getTransactionCount', [from, 'latest']));
  if (nonce > next)
    throw refusal(`nonce too high: the next nonce of ${from} is ${next}, this one has ${nonce}`);
  return keccak256(raw as `0x${string}`);
}

async function openTransaction(raw: string): Promise<{ from: string; nonce: number }> {
  try {
    const { nonce = 0 } = parseTransaction(raw as Serialized);
    return { from: await recoverTransactionAddress({ serializedTransaction: raw as Serialized }), nonce };
  } catch (cause) {
    throw refusal(
      `not a signed transaction: ${cause instanceof Error ? cause.message.split('\n')[0] : 'malformed'}`,
    );
  }
}

function refusal(said: string): RpcError {
  return new RpcError('answer', { what: said, said, rpcCode: REFUSED });
}
