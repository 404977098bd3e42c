import { readFileSync } from 'node:fs';
import { ed25519Signer, fromUtf8, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ed25519NoteSigner,
  formatNote,
  formatVkey,
  keyId,
  NoteError,
  noteVerifier,
  parseNote,
  parseVkey,
  signNote,
  verifyNote,
} from '../../src/index.ts';
import { logKey, logPqKey, witness } from './keys.ts';
import { flip } from './tree.ts';

const vectors = JSON.parse(readFileSync('vectors/log/notes.json', 'utf8')) as {
  vkey: string;
  note: string;
  invalid: { why: string; note: string }[];
  invalidVkeys: { why: string; vkey: string }[];
};

const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof NoteError ? error.code : error;
  }
  return 'accepted';
};

describe('signed-note, "Format"', () => {
  it.each(vectors.invalid)('refuses a note with $why', ({ note }) => {
    expect(codeOf(() => parseNote(utf8(note)))).toBe('malformed');
  });

  it('refuses bytes that are not UTF-8, wherever they stand', () => {
    const good = utf8(vectors.note);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), (at) => {
        const bent = Uint8Array.from(good);
        bent[at] = 0xff;
        expect(codeOf(() => parseNote(bent))).toBe('malformed');
      }),
    );
  });

  it('splits at the last empty line, so that a text may have empty lines of its own', () => {
    const note = signNote('a\n\n\nb\n\nc\n', [logKey], 0);
    expect(parseNote(formatNote(note)).text).toBe('a\n\n\nb\n\nc\n');
  });

  it('comes back byte for byte, whatever the text and however many signatures', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((s) => [...s].every((c) => c >= ' '));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.integer({ min: 1, max: 16 }), (lines, count) => {
        const note = signNote(
          [...lines, ''].join('\n').replace(/^$/, '\n'),
          Array.from({ length: count }, () => logKey),
          0,
        );
        const bytes = formatNote(note);
        expect(formatNote(parseNote(bytes))).toEqual(bytes);
        expect(parseNote(bytes).signatures).toHaveLength(count);
      }),
    );
  });

  it('never fails on hostile bytes with anything but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(codeOf(() => parseNote(bytes))).toBe('malformed');
      }),
    );
  });

  it('refuses more signatures than it promises to read', () => {
    const line = vectors.note.split('\n\n')[1] ?? '';
    expect(parseNote(utf8(`t\n\n${line.repeat(100)}`)).signatures).toHaveLength(100);
    expect(codeOf(() => parseNote(utf8(`t\n\n${line.repeat(101)}`)))).toBe('malformed');
  });
});

describe('signed-note, "Verifier keys"', () => {
  it('reads the example key, whose key ID is that of its name and key', () => {
    const key = parseVkey(vectors.vkey);
    expect(key).toMatchObject({ name: 'example.com/foo', keyId: '530d903a', type: 1 });
    expect(keyId(key.name, key.type, key.publicKey)).toBe('530d903a');
    expect(formatVkey(key)).toBe(vectors.vkey);
  });

  it.each(vectors.invalidVkeys)('refuses a vkey with $why', ({ vkey }) => {
    expect(codeOf(() => parseVkey(vkey))).toBe('malformed-key');
  });

  it('refuses a key of small order, which would verify what nobody signed (PROTOCOL 1.3)', () => {
    const zero = new Uint8Array(32);
    expect(codeOf(() => parseVkey(`a+${keyId('a', 1, zero)}+AQ${'A'.repeat(42)}`))).toBe('malformed-key');
  });

  it('says which types it cannot verify', () => {
    const publicKey = new Uint8Array(32).fill(9);
    const key = { name: 'a', keyId: keyId('a', 0x05, publicKey), type: 0x05, publicKey };
    expect(codeOf(() => noteVerifier(formatVkey(key)))).toBe('unsupported-key');
  });
});

describe('signed-note, "Signatures"', () => {
  const example = parseNote(utf8(vectors.note));
  const foo = noteVerifier(vectors.vkey);

  it('verifies the example', () => {
    expect(verifyNote(example, [foo])).toHaveLength(1);
  });

  it('ignores unknown keys, even if they share the name or the key ID of a known one', () => {
    const [signature] = example.signatures;
    if (signature === undefined) throw new Error('the example is signed');
    const grease = [
      { ...signature, keyId: '00000000', blob: Uint8Array.of(1) },
      { ...signature, name: 'example.com/bar' },
    ];
    expect(verifyNote({ ...example, signatures: [...grease, signature] }, [foo])).toHaveLength(1);
    expect(codeOf(() => verifyNote({ ...example, signatures: grease }, [foo]))).toBe('no-known-signature');
    expect(codeOf(() => verifyNote(example, []))).toBe('no-known-signature');
  });

  it('refuses the whole note if one known signature fails beside good ones', () => {
    const note = signNote(
      'a\n',
      [logKey, ed25519NoteSigner('b', ed25519Signer(new Uint8Array(32).fill(7)))],
      0,
    );
    const verifiers = [
      noteVerifier(logKey.key),
      noteVerifier(ed25519NoteSigner('b', ed25519Signer(new Uint8Array(32).fill(7))).key),
    ];
    expect(verifyNote(note, verifiers)).toHaveLength(2);
    const [first, second] = note.signatures;
    if (first === undefined || second === undefined) throw new Error('signed by two');
    const bent = { ...note, signatures: [first, { ...second, blob: flip(second.blob, 100) }] };
    expect(codeOf(() => verifyNote(bent, verifiers))).toBe('bad-signature');
    expect(verifyNote(bent, verifiers.slice(0, 1))).toHaveLength(1);
  });

  it('refuses a changed text under every type of key', () => {
    const text = 'log.example/test\n1\njjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n';
    for (const signer of [logKey, logPqKey, witness(1)]) {
      const note = signNote(text, [signer], 1_700_000_000);
      const verifier = noteVerifier(formatVkey(signer.key));
      expect(verifyNote(note, [verifier])).toHaveLength(1);
      expect(codeOf(() => verifyNote({ ...note, text: text.replace('1', '2') }, [verifier]))).toBe(
        'bad-signature',
      );
    }
  });

  it('refuses two known keys under one (name, key ID)', () => {
    const twin = { ...foo, key: { ...foo.key, publicKey: logKey.key.publicKey } };
    expect(codeOf(() => verifyNote(example, [foo, twin]))).toBe('ambiguous-key');
    expect(verifyNote(example, [foo, foo])).toHaveLength(1);
  });

  it('reads the example text as it stands', () => {
    expect(example.text).toBe('This is an example message.\n');
    expect(fromUtf8(formatNote(example))).toBe(vectors.note);
  });
});
