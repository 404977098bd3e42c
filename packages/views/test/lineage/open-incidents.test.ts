/** PROTOCOL 6.4: the masks are a cache, equal to traversal after every record, and nothing is lost beyond 32. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger, OpenIncidents, parseRecord, scope, TextNames, TRACKED_INCIDENTS } from '../../src/index.ts';
import { act, evidence, incident, output } from './ask.ts';
import type { Raw } from './brute-force.ts';
import { ledgers } from './random-ledger.ts';

/** Membership of every record by traversal. */
function traversed(ledger: Ledger, of: string): Map<string, string> {
  const { affected, possible } = scope(ledger.asOf(), of);
  const found = new Map<string, string>();
  for (const id of affected.ids) found.set(ledger.records.text(id), 'affected');
  for (const id of possible.ids) found.set(ledger.records.text(id), 'possible');
  return found;
}

function agree(ledger: Ledger, masks: OpenIncidents, incidents: readonly string[]): void {
  for (const of of incidents) {
    const expected = traversed(ledger, of);
    for (let id = 1; id <= ledger.records.size; id++) {
      const record = ledger.records.text(id);
      expect([of, record, masks.membership(of, record)]).toEqual([of, record, expected.get(record) ?? null]);
    }
  }
}

describe('open incidents', () => {
  it('equal traversal after random runs of records, asked at random moments', () => {
    const property = fc.property(
      ledgers({ brackets: true }),
      fc.array(fc.boolean(), { minLength: 65, maxLength: 65 }),
      (records, asked) => {
        const ledger = new Ledger(new TextNames(), { block: 2, smallTail: 3 });
        const masks = new OpenIncidents(ledger);
        records.forEach((record, i) => {
          ledger.append(parseRecord(record));
          if (asked[i] || i === records.length - 1) agree(ledger, masks, ['I', 'J', 'K']);
        });
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it('answers for the thirty-third incident as for the first', () => {
    const ledger = new Ledger();
    const masks = new OpenIncidents(ledger);
    const ids = Array.from({ length: TRACKED_INCIDENTS + 3 }, (_, i) => `I${i}`);
    const records: Raw[] = [
      ...ids.map((id) => incident(id)),
      output('o', 1),
      evidence('o', 'v7'),
      act('pay', ['o']),
    ];
    for (const record of records) ledger.append(parseRecord(record));
    expect(masks.tracked).toHaveLength(TRACKED_INCIDENTS);
    agree(ledger, masks, ids);
    expect(masks.membership('I34', 'pay')).toBe('affected');
  });

  it('takes over what the ledger held before', () => {
    const ledger = new Ledger();
    for (const record of [output('o', 1), evidence('o', 'v7'), incident('I')])
      ledger.append(parseRecord(record));
    const masks = new OpenIncidents(ledger);
    ledger.append(parseRecord(act('pay', ['o'])));
    agree(ledger, masks, ['I']);
  });
});
