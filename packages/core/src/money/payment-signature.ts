/** The one form of a payment signature: 65 bytes r ‖ s ‖ v, s in the lower half, v 27 or 28; anything else is malformed. */
import { concat, fromHex, hex } from '../bytes.ts';
import { type EvmHex } from './evm-hex.ts';
import { MoneyError } from './money-error.ts';

/** Half of the group's order, rounded down (SEC 2 §2.4.1): the largest s that EIP-2 accepts. */
const HALF_ORDER = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const ZERO = '0'.repeat(64);

/** A signature that has the form; whose it is has still to be recovered. */
export interface PaymentSignature {
  /** r ‖ s, 64 bytes. */
  readonly compact: Uint8Array;
  /** 0 or 1. */
  readonly recovery: 0 | 1;
}

/**
 * Reads `0x` and 130 hexadecimal digits. A second spelling of one signature (high s, v of 0 or 1, 64 bytes) is refused:
 * what is claimed on a chain must be the bytes that were seen.
 *
 * @throws MoneyError `signature`
 */
export function parsePaymentSignature(text: string): PaymentSignature {
  const match = /^0x([0-9a-f]{64})([0-9a-f]{64})(1b|1c)$/.exec(text.toLowerCase());
  const [, r = '', s = '', v] = match ?? [];
  // Hexadecimal text of one length compares as the numbers do.
  if (match === null || r === ZERO || s === ZERO || r >= ORDER || s > HALF_ORDER) {
    throw new MoneyError('signature', {
      what: `"${text.slice(0, 20)}…" is not a signature of 65 bytes with low s and v 27 or 28`,
    });
  }
  return { compact: fromHex(r + s), recovery: v === '1b' ? 0 : 1 };
}

/** The text of a signature: `0x`, 64 digits each of r and s, and v. */
export function formatPaymentSignature({ compact, recovery }: PaymentSignature): EvmHex {
  return `0x${hex(concat(compact, Uint8Array.of(27 + recovery)))}`;
}
