/** secp256k1 as money needs it: a port, and the implementation that runs everywhere. */
import { secp256k1 as noble } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, fromHex } from '../bytes.ts';
import { type Address, evmHex } from './evm-hex.ts';
import { MoneyError } from './money-error.ts';
import type { PaymentSignature } from './payment-signature.ts';

/** What an implementation of the curve offers; every one of them passes the same suite. */
export interface Secp256k1 {
  /** For people: which library, and whether it is native code. */
  readonly name: string;
  /** Deterministic (RFC 6979), low s. `digest` and `secret` are 32 bytes. */
  sign(digest: Uint8Array, secret: Uint8Array): PaymentSignature;
  /** The uncompressed public key (65 bytes) that signed, or undefined when there is none. */
  recover(digest: Uint8Array, signature: PaymentSignature): Uint8Array | undefined;
  /** The uncompressed public key of a secret. */
  publicKey(secret: Uint8Array): Uint8Array;
}

/** The implementation in plain JavaScript, for browsers and for platforms without the native one. */
export const nobleSecp256k1: Secp256k1 = {
  name: '@noble/curves (JavaScript)',
  sign(digest, secret) {
    const signature = noble.sign(digest, secret, { prehash: false, lowS: true, format: 'recovered' });
    return { compact: signature.subarray(1), recovery: signature[0] === 0 ? 0 : 1 };
  },
  recover(digest, { compact, recovery }) {
    try {
      const key = noble.recoverPublicKey(concat(Uint8Array.of(recovery), compact), digest, {
        prehash: false,
      });
      return noble.Point.fromBytes(key).toBytes(false);
    } catch {
      return undefined; // r is not a point's x coordinate: nobody signed this, which is an answer.
    }
  },
  publicKey: (secret) => noble.getPublicKey(secret, false),
};

/** The address of an uncompressed public key. */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  return evmHex(keccak_256(publicKey.subarray(1)).subarray(12));
}

/** The address of a participant's payment key, `secp256k1:<compressed key in hex>`. @throws MoneyError `bytes` */
export function addressOfPaymentKey(paymentKey: string): Address {
  const known = addresses.get(paymentKey);
  if (known !== undefined) return known;
  if (!/^secp256k1:0[23][0-9a-f]{64}$/.test(paymentKey)) {
    throw new MoneyError('bytes', { what: `"${paymentKey.slice(0, 80)}" is not a compressed secp256k1 key` });
  }
  const address = addressOfPublicKey(noble.Point.fromBytes(fromHex(paymentKey.slice(10))).toBytes(false));
  if (addresses.size >= 4_096) addresses.clear();
  addresses.set(paymentKey, address);
  return address;
}
const addresses = new Map<string, Address>();
