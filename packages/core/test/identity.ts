/** Fixed identities for tests, and what the examples need of core. */
import { ed25519Signer, fromHex, keyIdOf, paymentKeyId, type Signer } from '../src/index.ts';

export { findWork, type Kind, type Predicate, signPaymentKey } from '../src/index.ts';

export function identityOf(digit: string): {
  keyId: string;
  signer: Signer;
  paymentKey: string;
  paymentSecret: Uint8Array;
} {
  const signer = ed25519Signer(fromHex(digit.repeat(64)));
  const paymentSecret = fromHex(`0${digit}`.repeat(32));
  return { keyId: keyIdOf(signer.publicKey), signer, paymentKey: paymentKeyId(paymentSecret), paymentSecret };
}
