/** A payment key made ready to sign, and the question of who signed. */
import { formatPaymentSignature, parsePaymentSignature } from './payment-signature.ts';
import { type Address, type EvmHex } from './evm-hex.ts';
import { addressOfPublicKey, nobleSecp256k1, type Secp256k1 } from './secp256k1.ts';

/** Signs 32-byte digests with one key. */
export interface PaymentSigner {
  readonly address: Address;
  /** `0x` and 130 digits: r ‖ s ‖ v. */
  sign(digest: Uint8Array): EvmHex;
}

/** The signer of a 32-byte secret. */
export function paymentSigner(secret: Uint8Array, curve: Secp256k1 = nobleSecp256k1): PaymentSigner {
  return {
    address: addressOfPublicKey(curve.publicKey(secret)),
    sign: (digest) => formatPaymentSignature(curve.sign(digest, secret)),
  };
}

/**
 * Whose signature `signature` is over `digest`: an address, or undefined when it is nobody's.
 *
 * @throws MoneyError `signature` when it does not have the one form
 */
export function recoverSigner(
  digest: Uint8Array,
  signature: string,
  curve: Secp256k1 = nobleSecp256k1,
): Address | undefined {
  const key = curve.recover(digest, parsePaymentSignature(signature));
  return key === undefined ? undefined : addressOfPublicKey(key);
}
