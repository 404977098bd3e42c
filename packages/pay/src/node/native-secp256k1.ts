/** The native secp256k1 (bitcoin-core's library), twenty times the speed of JavaScript; and what to do without it. */
import { createRequire } from 'node:module';
import { nobleSecp256k1, type PaymentSignature, type Secp256k1 } from '@assay/core/money';

/** The part of the package's interface that is used here. */
interface Binding {
  ecdsaSign(digest: Uint8Array, secret: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaRecover(signature: Uint8Array, recovery: number, digest: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyCreate(secret: Uint8Array, compressed: boolean): Uint8Array;
}

/**
 * The fastest implementation that this machine has.
 *
 * @param say told, once, when there is no native one: money then works all the same, at a twentieth of the speed
 */
export function loadSecp256k1(say: (line: string) => void): Secp256k1 {
  try {
    // The package's own entry falls back to another JavaScript library without a word; its binding throws instead.
    return nativeSecp256k1(createRequire(import.meta.url)('secp256k1/bindings.js') as Binding);
  } catch (cause) {
    say(
      `No native secp256k1 on ${process.platform}-${process.arch} (${(cause as Error).message.split('\n')[0]}): payments are signed and verified by ${nobleSecp256k1.name}, some twenty times slower.`,
    );
    return nobleSecp256k1;
  }
}

function nativeSecp256k1(binding: Binding): Secp256k1 {
  return {
    name: 'secp256k1 (native)',
    sign(digest, secret): PaymentSignature {
      const { signature, recid } = binding.ecdsaSign(digest, secret);
      return { compact: signature, recovery: recid === 0 ? 0 : 1 };
    },
    recover(digest, { compact, recovery }) {
      try {
        return binding.ecdsaRecover(compact, recovery, digest, false);
      } catch {
        return undefined; // No key made this signature: an answer, not a fault.
      }
    },
    publicKey: (secret) => binding.publicKeyCreate(secret, false),
  };
}
