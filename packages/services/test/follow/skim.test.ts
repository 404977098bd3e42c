import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, fromUtf8, parseJson, readEntry, utf8 } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { OUTPUT_KINDS, SERVED_KINDS, skimmed } from '../../src/follow/index.ts';

const folder = join(import.meta.dirname, '../../../../vectors/statements');
const entries = readdirSync(folder).map((name) => ({
  kind: name.replace(/\.json$/, ''),
  entry: utf8(readFileSync(join(folder, name), 'utf8').trim()),
}));

describe('skimming a log', () => {
  it('gives the id of receipts and deliveries, and leaves every other kind to be read in full', () => {
    expect(entries.length).toBeGreaterThan(25);
    for (const { kind, entry } of entries) {
      const expected = OUTPUT_KINDS.has(kind as 'output.receipt') ? readEntry(entry).id : undefined;
      expect(skimmed(entry, OUTPUT_KINDS)?.envelope.id, kind).toBe(expected);
    }
  });

  it('tells the kinds of what was served and paid for apart', () => {
    const found = entries.map(({ entry }) => skimmed(entry, SERVED_KINDS)?.kind);
    expect(found.filter((kind) => kind !== undefined).toSorted()).toEqual([...SERVED_KINDS].toSorted());
  });

  it('another spelling of an envelope is the same record, and gets the same id', () => {
    const receipt = entries.find(({ kind }) => kind === 'output.receipt')?.entry as Uint8Array;
    const spaced = utf8(JSON.stringify(parseJson(receipt), null, 1));
    expect(fromUtf8(spaced)).not.toBe(canonicalJson(parseJson(receipt)));
    expect(skimmed(spaced, OUTPUT_KINDS)?.envelope.id).toBe(readEntry(receipt).id);
  });

  it('what is no envelope is left to the reader that says what is wrong with it', () => {
    for (const bytes of [utf8(''), utf8('{}'), Uint8Array.of(0xff, 0xfe)])
      expect(skimmed(bytes, OUTPUT_KINDS)).toBeUndefined();
  });
});
