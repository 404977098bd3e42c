/** The contract of every secp256k1 implementation, checked against viem. */
import fc from 'fast-check';
import { privateKeyToAccount, sign as viemSign } from 'viem/accounts';
import { expect, it } from 'vitest';
import {
  addressOfPaymentKey,
  evmHex,
  formatPaymentSignature,
  parsePaymentSignature,
  paymentSigner,
  recoverSigner,
  type Secp256k1,
} from '../../src/money/index.ts';
import { paymentKeyId } from '../../src/index.ts';

const secrets = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((secret) => secret.some((byte) => byte !== 0) && (secret[0] as number) < 0xff);
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Runs the suite on one implementation. */
export function secp256k1Suite(curve: Secp256k1): void {
  it('signs as viem does, byte for byte, and knows the signer', async () => {
    await fc.assert(
      fc.asyncProperty(secrets, digests, async (secret, digest) => {
        const signer = paymentSigner(secret, curve);
        const signature = signer.sign(digest);
        expect(signature).toBe(
          await viemSign({ hash: evmHex(digest), privateKey: evmHex(secret), to: 'hex' }),
        );
        expect(signer.address).toBe(privateKeyToAccount(evmHex(secret)).address.toLowerCase());
        expect(addressOfPaymentKey(paymentKeyId(secret))).toBe(signer.address);
        expect(recoverSigner(digest, signature, curve)).toBe(signer.address);
        const other = Uint8Array.from(digest, (byte, i) => (i === 0 ? byte ^ 1 : byte));
        expect(recoverSigner(other, signature, curve)).not.toBe(signer.address);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses every second spelling of a signature: high s, v 0 or 1, 64 bytes, more, zeros, r beyond the order', () => {
    const digest = new Uint8Array(32).fill(9);
    const signature = paymentSigner(new Uint8Array(32).fill(5), curve).sign(digest);
    const { compact, recovery } = parsePaymentSignature(signature);
    const r = evmHex(compact.subarray(0, 32)).slice(2);
    const s = BigInt(evmHex(compact.subarray(32)));
    const flipped = (ORDER - s).toString(16).padStart(64, '0');
    const bad = [
      `0x${r}${flipped}${recovery === 0 ? '1c' : '1b'}`,
      `${signature.slice(0, -2)}0${recovery}`,
      signature.slice(0, -2),
      `${signature}00`,
      `0x${'0'.repeat(64)}${signature.slice(66)}`,
      `0x${r}${'0'.repeat(64)}1b`,
      `0x${ORDER.toString(16)}${signature.slice(66)}`,
      '0x',
    ];
    for (const text of bad) expect(() => recoverSigner(digest, text, curve), text).toThrow(/signature/);
    expect(formatPaymentSignature({ compact, recovery })).toBe(signature);
  });

  it('a signature that no key made has no signer', () => {
    // r = 5 is no x coordinate on the curve.
    const text = `0x${'5'.padStart(64, '0')}${'1'.padStart(64, '0')}1b`;
    expect(recoverSigner(new Uint8Array(32).fill(1), text, curve)).toBeUndefined();
  });
}
