import { type Clock, ed25519Signer, keyIdOf } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  REPLAY_WINDOW_SECONDS,
  requestSigner,
  type RequestSignatureError,
  signRequest,
} from '../../src/participant/index.ts';

const signer = ed25519Signer(new Uint8Array(32).fill(7));
const recipient = keyIdOf(ed25519Signer(new Uint8Array(32).fill(8)).publicKey);
const request = { method: 'GET', path: '/assay/v1/payloads/ab', recipient };
const at = (seconds: number): Clock => ({ now: () => seconds * 1_000 });
const code = (expected: RequestSignatureError['code']) =>
  expect.objectContaining({ code: expected }) as RequestSignatureError;

describe('a signed request', () => {
  it('names its signer, to whom it was sent and within its time', () => {
    const header = signRequest(request, signer, at(1_000));
    expect(requestSigner(header, request, at(1_000))).toBe(keyIdOf(signer.publicKey));
    expect(requestSigner(header, request, at(1_000 + REPLAY_WINDOW_SECONDS))).toBe(keyIdOf(signer.publicKey));
  });

  it('is good for nobody else, nothing else, and no later', () => {
    const header = signRequest(request, signer, at(1_000));
    const changed = [
      { method: 'POST' },
      { path: '/assay/v1/payloads/cd' },
      { recipient: keyIdOf(signer.publicKey) },
    ];
    for (const change of changed) {
      expect(() => requestSigner(header, { ...request, ...change }, at(1_000))).toThrow(code('signature'));
    }
    const window = REPLAY_WINDOW_SECONDS + 1;
    expect(() => requestSigner(header, request, at(1_000 + window))).toThrow(code('time'));
    expect(() => requestSigner(header, request, at(1_000 - window))).toThrow(code('time'));
  });

  it('a time that was changed after signing does not help', () => {
    const header = signRequest(request, signer, at(1_000)).replace(' 1000 ', ' 2000 ');
    expect(() => requestSigner(header, request, at(2_000))).toThrow(code('signature'));
  });

  it('anything else is malformed, never an accident', () => {
    expect(() => requestSigner(undefined, request, at(0))).toThrow(code('missing'));
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(text !== '');
        expect(() => requestSigner(text, request, at(0))).toThrow(code('malformed'));
      }),
    );
    const [keyId, seconds, signature] = signRequest(request, signer, at(0)).split(' ') as [
      string,
      string,
      string,
    ];
    const zeroKey = `ed25519:${'0'.repeat(64)} ${seconds} ${signature}`;
    for (const text of [`${keyId} ${seconds}`, `${keyId} ${seconds} ${signature.slice(1)}`, zeroKey]) {
      expect(() => requestSigner(text, request, at(0))).toThrow(code('malformed'));
    }
  });
});
