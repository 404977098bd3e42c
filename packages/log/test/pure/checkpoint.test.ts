import { base64, concat, ed25519Verify, fromHex, mldsa44Verify, sha256, u64, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CheckpointError,
  cosign,
  cosignatureTimestamp,
  emptyRoot,
  formatCheckpoint,
  formatNote,
  NoteError,
  noteVerifier,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseSignatureLine,
  signCheckpoint,
  verifyCosignature,
} from '../../src/index.ts';
import { logKey, logPqKey, ORIGIN, pqWitness, witness } from './keys.ts';

const ROOT = sha256(utf8('root'));
const R = base64(ROOT);
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof CheckpointError || error instanceof NoteError ? error.code : error;
  }
  return 'accepted';
};

describe('tlog-checkpoint, "Note text"', () => {
  it.each([
    ['two lines', `o\n1\n`, 'malformed'],
    ['no final newline', `o\n1\n${R}`, 'malformed'],
    ['an empty origin', `\n1\n${R}\n`, 'malformed'],
    ['an empty extension line', `o\n1\n${R}\n\nx\n`, 'malformed'],
    ['a leading zero', `o\n01\n${R}\n`, 'size'],
    ['a plus sign', `o\n+1\n${R}\n`, 'size'],
    ['a negative size', `o\n-1\n${R}\n`, 'size'],
    ['a hexadecimal size', `o\n0x1\n${R}\n`, 'size'],
    ['an exponent', `o\n1e3\n${R}\n`, 'size'],
    ['digits that are not ASCII', `o\n\u0661\n${R}\n`, 'size'],
    ['a size beyond the safe integers', `o\n9007199254740992\n${R}\n`, 'size'],
    ['a size that rounds down to a safe one', `o\n90071992547409910\n${R}\n`, 'size'],
    ['a short root', `o\n1\n${base64(ROOT.slice(1))}\n`, 'root'],
    ['an unpadded root', `o\n1\n${R.slice(0, -1)}\n`, 'root'],
    ['a root with trailing space', `o\n1\n${R} \n`, 'root'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => parseCheckpoint(text))).toBe(code);
  });

  it('comes back as it was, with its extension lines', () => {
    const word = fc.string({ minLength: 1, maxLength: 20 }).filter((s) => !s.includes('\n'));
    fc.assert(
      fc.property(
        word,
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(word, { maxLength: 3 }),
        (origin, size, root, extensions) => {
          const checkpoint = { origin, size, root, ...(extensions.length === 0 ? {} : { extensions }) };
          const back = parseCheckpoint(formatCheckpoint(checkpoint));
          expect({ ...back, root: base64(back.root) }).toEqual({ ...checkpoint, root: base64(root) });
        },
      ),
    );
  });

  it('does not let a newline in one field become a line of another', () => {
    expect(codeOf(() => formatCheckpoint({ origin: `o\n5\n${R}`, size: 1, root: ROOT }))).not.toBe(
      'accepted',
    );
    expect(codeOf(() => formatCheckpoint({ origin: 'o', size: 1, root: ROOT, extensions: ['a\nb'] }))).toBe(
      'malformed',
    );
  });

  it('knows the root of the empty tree', () => {
    expect(base64(emptyRoot())).toBe('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  });
});

describe('PROTOCOL 4.4: a log signs with Ed25519 and carries ML-DSA-44 as its own cosignature', () => {
  const bytes = signCheckpoint({ origin: ORIGIN, size: 7, root: ROOT }, [logKey, logPqKey], 1_700_000_000);

  it('opens with either key or both', () => {
    for (const keys of [[logKey], [logPqKey], [logKey, logPqKey]]) {
      const opened = openCheckpoint(
        bytes,
        keys.map((key) => noteVerifier(key.key)),
      );
      expect(opened.signatures).toHaveLength(keys.length);
      expect(opened.checkpoint).toMatchObject({ origin: ORIGIN, size: 7 });
    }
  });

  it('does not open without Ed25519 where its key is known, and does without ML-DSA-44', () => {
    const both = [noteVerifier(logKey.key), noteVerifier(logPqKey.key)];
    const by = (signer: typeof logKey) =>
      signCheckpoint({ origin: ORIGIN, size: 7, root: ROOT }, [signer], 1);
    expect(codeOf(() => openCheckpoint(by(logPqKey), both))).toBe('no-known-signature');
    expect(openCheckpoint(by(logKey), both).signatures).toHaveLength(1);
  });

  it('does not open by the key of another origin, nor sign with one', () => {
    const [other] = [witness(1)];
    expect(codeOf(() => openCheckpoint(bytes, [noteVerifier(other.key)]))).toBe('no-known-signature');
    expect(codeOf(() => signCheckpoint({ origin: 'other', size: 7, root: ROOT }, [logKey], 0))).toBe(
      'origin',
    );
  });
});

describe('tlog-cosignature', () => {
  const note = parseNote(signCheckpoint({ origin: ORIGIN, size: 20_852_163, root: ROOT }, [logKey], 0));
  const time = 1_679_315_147;

  it('"Ed25519 signed message": header, time, the whole text; the blob starts with the time', () => {
    const { blob } = parseSignatureLine(cosign(note, witness(1), time).trimEnd());
    expect(blob).toHaveLength(8 + 64);
    expect(cosignatureTimestamp(blob)).toBe(time);
    const message = utf8(`cosignature/v1\ntime 1679315147\n${ORIGIN}\n20852163\n${R}\n`);
    expect(ed25519Verify(witness(1).key.publicKey, message, blob.subarray(8))).toBe(true);
  });

  it('"ML-DSA-44 signed message": label, cosigner, time, origin, start 0, end, root', () => {
    const signer = pqWitness(1);
    const { blob } = parseSignatureLine(cosign(note, signer, time).trimEnd());
    expect(blob).toHaveLength(8 + 2_420);
    const name = utf8(signer.key.name);
    const message = concat(
      fromHex('737562747265652f76310a00'),
      Uint8Array.of(name.length),
      name,
      u64(time),
      Uint8Array.of(ORIGIN.length),
      utf8(ORIGIN),
      u64(0),
      u64(20_852_163),
      ROOT,
    );
    expect(mldsa44Verify(signer.key.publicKey, message, blob.subarray(8))).toBe(true);
  });

  it.each([witness(1), pqWitness(1)])(
    'verifies with its time, and not with another ($key.name)',
    (signer) => {
      const line = parseSignatureLine(cosign(note, signer, time).trimEnd());
      const verifier = noteVerifier(signer.key);
      const cosigned = { ...note, signatures: [...note.signatures, line] };
      expect(verifyCosignature(cosigned, verifier)).toMatchObject({ name: signer.key.name, timestamp: time });
      const later = { ...line, blob: concat(u64(time + 1), line.blob.subarray(8)) };
      expect(codeOf(() => verifyCosignature({ ...note, signatures: [later] }, verifier))).toBe(
        'bad-signature',
      );
      const huge = { ...line, blob: concat(fromHex('ffffffffffffffff'), line.blob.subarray(8)) };
      expect(codeOf(() => verifyCosignature({ ...note, signatures: [huge] }, verifier))).toBe(
        'bad-signature',
      );
      expect(
        codeOf(() =>
          verifyCosignature({ ...note, signatures: [{ ...line, blob: line.blob.slice(0, -1) }] }, verifier),
        ),
      ).toBe('bad-signature');
    },
  );

  it('takes the earliest of several cosignatures by one key', () => {
    const lines = [time + 60, time, time + 30].map((at) =>
      parseSignatureLine(cosign(note, witness(1), at).trimEnd()),
    );
    const cosigned = { ...note, signatures: [...note.signatures, ...lines] };
    expect(verifyCosignature(parseNote(formatNote(cosigned)), noteVerifier(witness(1).key)).timestamp).toBe(
      time,
    );
  });

  it('an ML-DSA-44 key verifies nothing but checkpoints', () => {
    const bad = {
      text: 'not a checkpoint\n',
      signatures: [parseSignatureLine(cosign(note, pqWitness(1), time).trimEnd())],
    };
    expect(codeOf(() => verifyCosignature(bad, noteVerifier(pqWitness(1).key)))).toBe('bad-signature');
  });
});
