/** A wallet: the address that pays, and the session key that spends what it has deposited. */
import { concat, sha256, utf8 } from '@assay/core';
import { curve as platformCurve } from '#platform';
import { type Address, type EvmHex, paymentSigner, type Secp256k1 } from '@assay/pay';

/** Signs 32-byte EIP-712 digests; whoever holds the key may take its time. */
export interface WalletSigner {
  readonly address: Address;
  sign(digest: Uint8Array): EvmHex | Promise<EvmHex>;
}

/**
 * The owner signs a deposit now and then, the session key everything else. Whoever gets hold of the session key can
 * spend what is deposited, and no more.
 */
export interface Wallet {
  readonly owner: WalletSigner;
  readonly session: WalletSigner;
}

/** The wallet of a 32-byte secret. Its session key follows from it, so that it need not be kept. */
export function localWallet(secret: Uint8Array, curve: Secp256k1 = platformCurve): Wallet {
  const session = sha256(concat(utf8('assay session key v1\n'), secret));
  return { owner: paymentSigner(secret, curve), session: paymentSigner(session, curve) };
}
