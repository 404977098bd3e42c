/** What a drill keeps: signed by whoever held it, and tied to its table. */
import { ed25519Signer, fromUtf8, hex, keyIdOf, sha256, utf8 } from '@assay/core';
import { formatVkey, noteVerifier, parseNote, verifyNote, ed25519NoteSigner } from '@assay/log';
import { describe, expect, it } from 'vitest';
import { csvScopeRoot } from '../src/bundle/csv-scope.ts';
import { checkDrill, type DrillFacts, drillNote } from '../src/drill/drill-note.ts';
import { classify } from '../src/verify/classify.ts';

const signer = ed25519Signer(new Uint8Array(32).fill(5));
const table = utf8(`record,role,parent\r\n${'a'.repeat(64)},seed,\r\n`);
const gaps = ['node:version'];
const facts: DrillFacts = {
  origin: 'log.test/drill',
  size: 412,
  version: `sha256:${'b'.repeat(64)}`,
  affected: 1,
  possible: 0,
  root: csvScopeRoot(fromUtf8(table), gaps, 'x.csv'),
  gaps,
  table: { name: 'x.csv', sha256: hex(sha256(table)) },
  milliseconds: { read: 12, reach: 3 },
  at: 1_700_000_000,
};
const note = drillNote(facts, { name: 'verifier', signer });
const check = (bytes: Uint8Array, csv = table): ReturnType<typeof checkDrill> => checkDrill(bytes, () => csv);

describe("a drill's note", () => {
  it('is a signed note that any tool for them verifies, and is known by its content', () => {
    const key = formatVkey(ed25519NoteSigner('verifier', signer).key);
    expect(verifyNote(parseNote(note), [noteVerifier(key)])).toHaveLength(1);
    expect(classify('anything', note).type).toBe('drill');
    expect(check(note)).toMatchObject({ by: keyIdOf(signer.publicKey), root: facts.root });
  });

  it('holds for no other figure, signer or table', () => {
    const text = fromUtf8(note);
    for (const [said, other] of [
      ['affected 1', 'affected 0'],
      ['took read 12 ms', 'took read 2 ms'],
      ['log.test/drill 412', 'log.test/drill 413'],
      [keyIdOf(signer.publicKey), keyIdOf(ed25519Signer(new Uint8Array(32).fill(6)).publicKey)],
    ] as const) {
      expect(text).toContain(said);
      expect(() => check(utf8(text.replace(said, other)))).toThrow(/NoteError/);
    }
    expect(() => check(note, utf8(fromUtf8(table).replace('seed', 'pinned')))).toThrow(/mismatch/);
    const lying = drillNote({ ...facts, root: 'f'.repeat(64) }, { name: 'verifier', signer });
    expect(() => check(lying)).toThrow(/the rows give the scope root/);
  });
});
