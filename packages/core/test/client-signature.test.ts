/** What a client signs that goes by a key (PROTOCOL 5.3; specs/serving.md §1.4). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AskedRequest,
  base64,
  ed25519Signer,
  fromBase64,
  fromHex,
  fromUtf8,
  isKeyClient,
  isSignedByClient,
  keyIdOf,
  requestBytes,
  signAsked,
} from '../src/index.ts';

interface Case {
  readonly asked: AskedRequest;
  readonly input: string;
  readonly requestBytes: string;
  readonly signature: string;
}

const file = new URL('../../../vectors/client-signature.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };
const signer = ed25519Signer(new Uint8Array(32).fill(9));

describe("PROTOCOL 5.3: a client's signature", () => {
  it.each(cases)('is that of the vector, $asked.id', ({ asked, input, signature, ...due }) => {
    const bytes = fromHex(input);
    expect(fromUtf8(requestBytes(asked, bytes))).toBe(due.requestBytes);
    expect(base64(signAsked(asked, bytes, signer))).toBe(signature);
    expect(isSignedByClient(asked, bytes, fromBase64(signature))).toBe(true);
  });

  it('holds for nothing else: no other input, no other question, no other bytes', () => {
    const { asked, input, signature } = cases[0] as Case;
    const [bytes, signed] = [fromHex(input), fromBase64(signature)];
    const bent: Partial<AskedRequest>[] = [
      { id: 'req-2' },
      { model: `${asked.model}x` },
      { ask: { pin: `sha256:${'ab'.repeat(32)}` } },
      { outputs: ['y'] },
      { verification: 'audited' },
      { uses: ['cd'.repeat(32)] },
      { rerunOf: 'ef'.repeat(32) },
      { parameters: { seed: '1' } },
      { client: keyIdOf(ed25519Signer(new Uint8Array(32).fill(8)).publicKey) },
    ];
    for (const change of bent) expect(isSignedByClient({ ...asked, ...change }, bytes, signed)).toBe(false);
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.nat(signed.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (i, j, bit) => {
          const other = Uint8Array.from(bytes);
          other[i] = (other[i] as number) ^ bit;
          const wrong = Uint8Array.from(signed);
          wrong[j] = (wrong[j] as number) ^ bit;
          return !isSignedByClient(asked, other, signed) && !isSignedByClient(asked, bytes, wrong);
        },
      ),
    );
    expect(isSignedByClient(asked, bytes, signed.subarray(1))).toBe(false);
  });

  it('is made in no other name, and asked of keys only', () => {
    const { asked, input } = cases[0] as Case;
    expect(() => signAsked({ ...asked, client: 'desk-7' }, fromHex(input), signer)).toThrow(
      /not the client named/,
    );
    expect(['desk-7', 'anonymous', '0x00', asked.client].map(isKeyClient)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});
