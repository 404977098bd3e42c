/** Signatures of payments: the address that signed, or the reason why nobody did. */
import { type Address, MoneyError, recoverSigner, type Secp256k1 } from '@assay/core/money';
import { PayError } from './errors.ts';

/** A digest with its signature, and who is held to have made it. */
export interface Signed {
  readonly digest: Uint8Array;
  readonly signature: string;
  readonly by: Address;
  /** For people: what was signed. */
  readonly what: string;
}

/** @throws PayError `signature` for a malformed one, `signer` when another key made it */
export function assertSigned({ digest, signature, by, what }: Signed, curve: Secp256k1): void {
  const signer = recovered(digest, signature, what, curve);
  if (signer === by) return;
  throw new PayError('signer', {
    what: `${what} is signed by ${signer ?? 'no key'} and not by ${by}`,
    fix: 'Sign it with the key that the payment channel or the authorization names, for this chain and contract.',
  });
}

function recovered(
  digest: Uint8Array,
  signature: string,
  what: string,
  curve: Secp256k1,
): Address | undefined {
  try {
    return recoverSigner(digest, signature, curve);
  } catch (cause) {
    if (!(cause instanceof MoneyError)) throw cause;
    throw new PayError('signature', { what: `${what}: ${cause.what}`, cause });
  }
}
