import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../src/bytes.ts';
import { ed25519Verify, isAcceptablePublicKey, passesStrictRule } from '../src/ed25519.ts';
import * as browser from '../src/platform/browser.ts';
import * as node from '../src/platform/node.ts';

const VECTORS = `${process.env.ASSAY_VECTORS ?? '../shared/vectors'}/ed25519vectors.json`;

describe('PROTOCOL 1.3: one Ed25519 rule on every runtime', () => {
  // The public set is read in place; without it the conformance command says that it did not run.
  it.skipIf(!existsSync(VECTORS))(
    'gives the same verdict on Node and in the browser for all 914 edge cases',
    () => {
      const cases = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
        key: string;
        sig: string;
        msg: string;
        flags: string[];
      }[];
      expect(cases).toHaveLength(914);
      let accepted = 0;
      for (const { key, sig, msg, flags } of cases) {
        const [publicKey, signature, message] = [fromHex(key), fromHex(sig), utf8(msg)];
        const strict = passesStrictRule(publicKey, signature);
        const verdicts = [node, browser].map(
          (on) => strict && on.ed25519VerifyRaw(publicKey, message, signature),
        );
        expect(verdicts[0]).toBe(verdicts[1]);
        expect(ed25519Verify(publicKey, message, signature)).toBe(verdicts[0]);
        if (verdicts[0]) {
          accepted++;
          expect(flags ?? []).not.toEqual(expect.arrayContaining(['low_order_A']));
        }
      }
      expect(accepted).toBe(43);
    },
  );

  it('RFC 8032 §7.1 test 2: signs and verifies the published example', () => {
    const seed = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
    const signature = fromHex(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    for (const platform of [node, browser]) {
      const signer = platform.ed25519Signer(seed);
      expect(signer.publicKey).toEqual(
        fromHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
      );
      expect(signer.sign(Uint8Array.of(0x72))).toEqual(signature);
      expect(platform.ed25519VerifyRaw(signer.publicKey, Uint8Array.of(0x72), signature)).toBe(true);
    }
  });

  it('refuses every single-bit change of a good signature', () => {
    const signer = node.ed25519Signer(fromHex('11'.repeat(32)));
    const message = utf8('a receipt');
    const signature = signer.sign(message);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 511 }), (bit) => {
        const bent = Uint8Array.from(signature);
        bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(ed25519Verify(signer.publicKey, message, bent)).toBe(false);
      }),
      { numRuns: 64 },
    );
  });

  it('refuses small-order, non-canonical and wrongly sized public keys', () => {
    expect(isAcceptablePublicKey(fromHex('01' + '00'.repeat(31)))).toBe(false);
    expect(isAcceptablePublicKey(fromHex('ed' + 'ff'.repeat(30) + '7f'))).toBe(false);
    expect(isAcceptablePublicKey(new Uint8Array(31))).toBe(false);
  });
});

describe('the two platforms are one port', () => {
  it('FIPS 204: ML-DSA-44 keys and signatures pass between Node and the browser', () => {
    const seed = fromHex('07'.repeat(32));
    const message = utf8('checkpoint');
    const [a, b] = [node.mldsa44Signer(seed), browser.mldsa44Signer(seed)];
    expect(a.publicKey).toEqual(b.publicKey);
    expect(browser.mldsa44Verify(a.publicKey, message, a.sign(message))).toBe(true);
    expect(node.mldsa44Verify(a.publicKey, message, b.sign(message))).toBe(true);
    expect(node.mldsa44Verify(a.publicKey, utf8('other'), b.sign(message))).toBe(false);
  });

  it('hashes and encodes alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 80 }), (bytes, key) => {
        expect(browser.toBase64(bytes)).toBe(node.toBase64(bytes));
        expect(browser.toHex(bytes)).toBe(node.toHex(bytes));
        expect(browser.sha256(bytes, key)).toEqual(new Uint8Array(node.sha256(bytes, key)));
        expect(browser.hmacSha256(key, bytes)).toEqual(new Uint8Array(node.hmacSha256(key, bytes)));
      }),
    );
  });
});
