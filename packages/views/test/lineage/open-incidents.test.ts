/** PROTOCOL 6.4: the masks are a cache, equal to traversal after every record, and nothing is lost beyond 32. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger, OpenIncidents, parseRecord, scope, TextNames, TRACKED_INCIDENTS } from '../../src/index.ts';
import { act, decide, evidence, incident, output } from './ask.ts';
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

  /** Appends records one by one; between them everything is asked, so that nothing stays stale by luck. */
  const step = (records: readonly Raw[]): OpenIncidents => {
    const ledger = new Ledger();
    const masks = new OpenIncidents(ledger);
    for (const record of records) {
      ledger.append(parseRecord(record));
      agree(ledger, masks, ['I']);
    }
    return masks;
  };

  it('a decision or a lease recorded late makes outputs possible that are here already', () => {
    const made = [decide(0, 'v6'), incident('I'), output('o', 15), act('pay', ['o'])];
    expect(step([...made, decide(10, 'v7')]).membership('I', 'pay')).toBe('possible');
    expect(step([...made, decide(10, 'v7'), decide(10, 'v6')]).membership('I', 'pay')).toBe(null);
    const lease: Raw = { kind: 'lease', node: 'n1', version: 'v7', t: 1 };
    expect(step([...made, lease]).membership('I', 'pay')).toBe('possible');
    expect(step([...made, lease, { ...lease, kind: 'drain', t: 9 }]).membership('I', 'pay')).toBe(null);
  });

  it('an amended window holds for what comes after it', () => {
    const late = [output('o', 90), evidence('o', 'v7')];
    const amend: Raw = { kind: 'amend', incident: 'I', set: { bad_to: 100 } };
    expect(step([incident('I', { bad_to: 50 }), ...late]).membership('I', 'o')).toBe(null);
    expect(step([incident('I', { bad_to: 50 }), amend, ...late]).membership('I', 'o')).toBe('affected');
  });

  it('PROTOCOL 2.2: a weak edge from an affected record makes possible', () => {
    const weak: Raw = { kind: 'derive', to: 'x', source: 'o', possibleOnly: true };
    const records = [incident('I'), output('o', 1), evidence('o', 'v7'), act('x', []), act('y', ['x']), weak];
    expect(step(records).membership('I', 'y')).toBe('possible');
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
