/** The secp256k1 payment key beside each Ed25519 statement key; the two cross-sign in `participant.join` (PROTOCOL 2.1). */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { fromHex, hex, utf8 } from './bytes.ts';

const message = (statementKeyId: string): Uint8Array => utf8(`assay payment key of ${statementKeyId}`);

/** `secp256k1:<hex of the compressed public key>` of a 32-byte secret. */
export function paymentKeyId(secret: Uint8Array): string {
  return `secp256k1:${hex(secp256k1.getPublicKey(secret, true))}`;
}

/** The payment key's word that it belongs to a statement key: hex of a 64-byte low-s signature over SHA-256. */
export function signPaymentKey(secret: Uint8Array, statementKeyId: string): string {
  return hex(secp256k1.sign(message(statementKeyId), secret));
}

/** Whether that word holds. */
export function verifyPaymentKey(paymentKey: string, signature: string, statementKeyId: string): boolean {
  return secp256k1.verify(fromHex(signature), message(statementKeyId), fromHex(paymentKey.slice(10)), {
    lowS: true,
  });
}
