/** Which JSON-RPC methods the embedded chain answers: those of any chain, and none by which it could be changed unseen. */

/**
 * - `read`: anvil answers
 * - `send`: a signed transaction, which is kept before anvil sees it
 * - `none`: nobody
 */
export type Treatment = 'read' | 'send' | 'none';

const SEND = new Set(['eth_sendRawTransaction', 'eth_sendRawTransactionSync']);
/** Accounts whose keys anvil holds would sign for whoever asks. */
const NEVER = /^eth_(sign|sendTransaction|sendUnsigned|accounts$|submit|mining$|coinbase$)/;
const READ = /^(eth|net|web3|txpool)_/;

export function treatmentOf(method: string): Treatment {
  if (SEND.has(method)) return 'send';
  return READ.test(method) && !NEVER.test(method) ? 'read' : 'none';
}

const AT_BLOCK = new Set(['eth_call', 'eth_estimateGas']);

/**
 * What anvil is asked for a read. An idle development chain makes no blocks, so the time of its newest one may be long
 * past: calls at `latest` are made in the block that would come next, as they would be on a chain that never idles.
 */
export function paramsFor(method: string, params: readonly unknown[]): readonly unknown[] {
  if (!AT_BLOCK.has(method)) return params;
  const [call, block, ...rest] = params;
  return block === undefined || block === 'latest' ? [call, 'pending', ...rest] : params;
}
