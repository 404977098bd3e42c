/** Who made a payment signature, for judging: a malformed one is nobody's. */
import { type Address, MoneyError, recoverSigner, type Secp256k1 } from '@assay/core/money';

/** The address that signed, or undefined. */
export function signerOf(digest: Uint8Array, signature: string, curve: Secp256k1): Address | undefined {
  try {
    return recoverSigner(digest, signature, curve);
  } catch (error) {
    if (error instanceof MoneyError) return undefined;
    throw error;
  }
}
