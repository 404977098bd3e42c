/** What a node's answer to a signed transaction means. Nodes say it in words only, each in its own. */
import type { RpcError } from '../errors.ts';

/**
 * - `taken`: it is in the node's pool, or mined
 * - `used`: its nonce is used: by itself, by another attempt of it, or by a stranger
 * - `gap`: transactions before it are missing
 * - `underpriced`: its fee, or the rise of its fee over the one it replaces, is too low
 * - `drained`: the sender cannot pay for it
 * - `unknown`: no answer; it may have been taken
 * - `refused`: anything else
 */
export type Broadcast = 'taken' | 'used' | 'gap' | 'underpriced' | 'drained' | 'unknown' | 'refused';

const WORDS: readonly (readonly [RegExp, Broadcast])[] = [
  [/already (known|imported)|known transaction/i, 'taken'],
  [/confirmation timeout|not (yet )?(mined|confirmed)/i, 'unknown'],
  [/nonce (is )?too low|nonce has already been used/i, 'used'],
  [/nonce (is )?too high|nonce gap|gapped/i, 'gap'],
  [/underpriced|(max fee per gas|fee ?cap) less than block base fee|fee too low/i, 'underpriced'],
  [/insufficient (funds|balance)/i, 'drained'],
];

/** Reads the error with which a node answered `eth_sendRawTransaction`. */
export function meaningOf(error: RpcError): Broadcast {
  if (error.isUnknown) return 'unknown';
  return WORDS.find(([words]) => words.test(error.said))?.[1] ?? 'refused';
}
