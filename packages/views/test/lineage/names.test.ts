/** Dictionaries of ids: the compact one gives the same numbers as the plain one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigestNames, Ledger, parseRecord, scope, TextNames } from '../../src/index.ts';
import { act, evidence, incident, output } from './ask.ts';

const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const name = fc.oneof(
  digest,
  fc.string({ minLength: 1, maxLength: 8 }),
  digest.map((text) => text.toUpperCase()),
);

describe('DigestNames', () => {
  it('numbers digests and other names as TextNames does', () => {
    const property = fc.property(
      fc.array(name, { maxLength: 60 }),
      fc.array(fc.nat(59), { maxLength: 60 }),
      (pool, uses) => {
        const [compact, plain] = [new DigestNames(), new TextNames()];
        for (const use of uses) {
          const one = pool[use];
          if (one !== undefined) expect(compact.intern(one)).toBe(plain.intern(one));
        }
        expect(compact.size).toBe(plain.size);
        for (const one of pool) expect(compact.find(one)).toBe(plain.find(one));
        for (let id = 0; id <= plain.size + 1; id++) expect(compact.text(id)).toBe(plain.text(id));
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('grows through several tables, with neighbours that share their first bytes', () => {
    const names = new DigestNames();
    const id = (i: number): string => i.toString(16).padStart(6, '0').padEnd(64, '0');
    for (let i = 0; i < 5000; i++) expect(names.intern(i % 7 === 0 ? `other ${i}` : id(i))).toBe(i + 1);
    for (let i = 0; i < 5000; i++) expect(names.find(i % 7 === 0 ? `other ${i}` : id(i))).toBe(i + 1);
    expect(names.find(id(5001))).toBe(0);
    // The digest of zeros is a name like any other, and nobody gave it.
    expect(names.find(id(0))).toBe(0);
    expect(names.text(1)).toBe('other 0');
    expect(names.text(2)).toBe(id(1));
  });

  it('serves a ledger', () => {
    const [made, paid] = ['ab'.repeat(32), 'cd'.repeat(32)];
    const ledger = new Ledger(new DigestNames());
    for (const record of [output(made, 1), evidence(made, 'v7'), act(paid, [made]), incident('I')])
      ledger.append(parseRecord(record));
    const { affected } = scope(ledger.asOf(), 'I');
    expect(Array.from(affected.ids, (id) => ledger.records.text(id))).toEqual([made, paid]);
  });
});
