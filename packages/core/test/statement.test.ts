import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AssayError,
  AUTHORITY,
  canonicalJson,
  fromUtf8,
  hex,
  keyIdOf,
  KINDS,
  MAX_ENTRY_BYTES,
  openStatement,
  pae,
  PAYLOAD_TYPE,
  parseEnvelope,
  readEntry,
  sealEnvelope,
  sealStatement,
  sha256,
  signStatement,
  utf8,
  verifyPaymentKey,
  workBits,
} from '../src/index.ts';
import { examples, other, signer } from './examples.ts';

const golden = (kind: string): string => `vectors/statements/${kind}.json`;

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof AssayError) return `${error.name}.${error.code}`;
    throw error;
  }
  return 'accepted';
};

/** An entry whose payload is `payload` with `change` applied, signed again: only the schema can object. */
const resigned = (
  kind: 'output.receipt' | 'act' | 'channel.decide',
  change: (payload: Payload) => void,
): Uint8Array => {
  const payload = JSON.parse(
    fromUtf8(parseEnvelope(signStatement(kind, examples[kind], signer.signer)).payload),
  ) as Payload;
  change(payload);
  const digest = hex(sha256(utf8(canonicalJson(payload.predicate))));
  if (payload.subject[0] !== undefined) payload.subject[0].digest.sha256 = digest;
  return sealEnvelope(utf8(canonicalJson(payload)), signer.signer).entry;
};
interface Payload {
  subject: { name: string; digest: { sha256: string } }[];
  predicateType: string;
  predicate: Record<string, unknown>;
}

describe('statements', () => {
  it.each(KINDS)('%s: signs to its golden entry, and reads back', (kind) => {
    const entry = fromUtf8(signStatement(kind, examples[kind] as never, signer.signer));
    if (process.env.ASSAY_WRITE_GOLDEN === '1') writeFileSync(golden(kind), `${entry}\n`);
    expect(existsSync(golden(kind)), 'run with ASSAY_WRITE_GOLDEN=1 once for a new kind').toBe(true);
    expect(`${entry}\n`).toBe(readFileSync(golden(kind), 'utf8'));
    const opened = openStatement(utf8(entry));
    expect(opened.kind).toBe(kind);
    expect(opened.predicate).toEqual(examples[kind]);
    expect(opened.signer).toBe(signer.keyId);
    expect(sealStatement(kind, examples[kind] as never, signer.signer)).toEqual({
      id: opened.id,
      entry: utf8(entry),
    });
    expect(AUTHORITY[kind]).toBeDefined();
  });

  it('what a settler says of as much as its schema allows fits an entry', () => {
    const ids = Array.from({ length: 128 }, (_, i) => i.toString(16).padStart(64, 'f'));
    const most = { to: `0x${'f'.repeat(40)}`, amount: String(2n ** 128n - 1n) };
    const credits = ids.slice(0, 100).map((id) => ({ ...most, to: `0x${id.slice(-40)}` }));
    expect(() =>
      signStatement('charge.withhold', { ...examples['charge.withhold'], charges: ids }, signer.signer),
    ).not.toThrow();
    expect(() => signStatement('batch', { ...examples.batch, credits }, signer.signer)).not.toThrow();
  });

  it('PROTOCOL 1.1: the record id is SHA-256 of the DSSE PAE, whatever the envelope looks like', () => {
    const entry = signStatement('act', examples.act, signer.signer);
    const { payload } = parseEnvelope(entry);
    expect(readEntry(entry).id).toBe(hex(sha256(pae(PAYLOAD_TYPE, payload))));
    const spaced = utf8(JSON.stringify(JSON.parse(fromUtf8(entry)), null, 1));
    expect(readEntry(spaced).id).toBe(readEntry(entry).id);
    expect(openStatement(signStatement('act', examples.act, other.signer)).id).toBe(readEntry(entry).id);
  });

  it('DSSE v1.0.2: the pre-authentication encoding of the published example', () => {
    expect(fromUtf8(pae('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('PROTOCOL 1.2: a receipt declares (node, stream, sequence) as its key', () => {
    const { keys } = openStatement(
      signStatement('output.receipt', examples['output.receipt'], signer.signer),
    );
    expect(keys).toEqual([`receipt ${signer.keyId} ${'ab'.repeat(16)} 13`]);
  });

  it('PROTOCOL 2.1: the payment key vouches for the statement key, and for no other', () => {
    const { paymentKey, paymentKeySignature, work } = examples['participant.join'];
    expect(verifyPaymentKey(paymentKey, paymentKeySignature, signer.keyId)).toBe(true);
    expect(verifyPaymentKey(paymentKey, paymentKeySignature, other.keyId)).toBe(false);
    expect(workBits(signer.signer.publicKey, Number(work))).toBeGreaterThanOrEqual(8);
  });
});

describe('bad input at the edge', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'EncodingError.json'],
    ['not JSON', utf8('hello'), 'EncodingError.json'],
    ['another object', utf8('{"a":1}'), 'EnvelopeError.malformed'],
    [
      'no signature',
      utf8('{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[]}'),
      'EnvelopeError.signature-count',
    ],
    ['unknown member', resigned('act', (p) => void (p.predicate.note = 'hi')), 'StatementError.schema'],
    ['missing member', resigned('act', (p) => void delete p.predicate.type), 'StatementError.schema'],
    [
      'null for absent',
      resigned('output.receipt', (p) => void (p.predicate.order = null)),
      'StatementError.schema',
    ],
    [
      'number for a 64-bit integer',
      resigned('output.receipt', (p) => void (p.predicate.sequence = 13)),
      'StatementError.schema',
    ],
    [
      'beyond 64 bits',
      resigned('output.receipt', (p) => void (p.predicate.sequence = '18446744073709551616')),
      'StatementError.schema',
    ],
    [
      'long text for a 64-bit integer',
      resigned('output.receipt', (p) => void (p.predicate.sequence = 'not a number, and long')),
      'StatementError.schema',
    ],
    [
      'weights that do not sum',
      resigned('channel.decide', (p) => void (p.predicate.to = { [`sha256:${'5'.repeat(64)}`]: 9_999 })),
      'StatementError.schema',
    ],
    [
      'unknown predicate',
      resigned('act', (p) => void (p.predicateType += '0')),
      'StatementError.unknown-predicate',
    ],
    [
      'wrong subject',
      resigned('act', (p) => void p.subject.push({ name: 'x', digest: { sha256: '' } })),
      'StatementError.subject',
    ],
    ['too large', new Uint8Array(MAX_ENTRY_BYTES + 1), 'StatementError.too-large'],
  ])('%s is refused with its own code', (_, entry, code) => {
    expect(codeOf(() => openStatement(entry))).toBe(code);
  });

  it('a signature by another key, or over other bytes, does not hold', () => {
    const entry = JSON.parse(fromUtf8(signStatement('act', examples.act, signer.signer)));
    const forged = { ...entry, signatures: [{ ...entry.signatures[0], keyid: other.keyId }] };
    expect(codeOf(() => openStatement(utf8(JSON.stringify(forged))))).toBe('EnvelopeError.signature');
    const small = {
      ...entry,
      signatures: [{ ...entry.signatures[0], keyid: `ed25519:01${'00'.repeat(31)}` }],
    };
    expect(codeOf(() => openStatement(utf8(JSON.stringify(small))))).toBe('EnvelopeError.key');
    expect(keyIdOf(signer.signer.publicKey)).toBe(signer.keyId);
  });

  it('any flipped bit of an entry is either refused or leaves the signed record as it was', () => {
    const entry = signStatement('act', examples.act, signer.signer);
    const before = openStatement(entry).id;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: entry.length * 8 - 1 }), (bit) => {
        const bent = Uint8Array.from(entry);
        bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
        const code = codeOf(() => expect(openStatement(bent).id).toBe(before));
        expect(code).not.toBe('accepted');
      }),
      { numRuns: 300 },
    );
  });
});
