/** Exports of a scope: sortable CSV, PROV-JSON, OpenLineage; each one parsed back and counted. */
import { describe, expect, it } from 'vitest';
import { reachCsv, reachOpenLineage, reachProv, runId } from '../../src/index.ts';
import { act, asOf, dispose, evidence, incident, output, rolledBack } from './ask.ts';

const prefix = asOf([
  ...rolledBack,
  output('o', 15),
  evidence('o', 'v7'),
  act('=pay,"1"', ['o'], { t: 16, type: 'payment' }),
  output('p', 12, { node: 'n2' }),
  output('late', 30, { from: ['p'] }),
  evidence('late', 'v6', 'self'),
  incident('I'),
  dispose('o', 'accepted'),
  { kind: 'derive', to: 'elsewhere', source: 'o' },
]);
const time = (tick: number): string => new Date(tick * 1000).toISOString();

describe('csv', () => {
  const lines = [...reachCsv(prefix, 'I')];

  it('has the sortable columns, one row per record, and CRLF', () => {
    expect(lines).toEqual([
      'record,kind,role,channel,announced,served,evidence grade,at,recorded,depth,parent,state\r\n',
      'o,output,seed,prod,v7,v7,3,15,4,0,,accepted\r\n',
      '"\'=pay,""1""",payment,derived,,,,,16,6,1,o,open\r\n',
      'elsewhere,mentioned,derived,,,,,,0,1,o,open\r\n',
      'p,output,announced,prod,v7,unknown,,12,7,0,,open\r\n',
      'late,output,possible,prod,v6,v6,1,30,8,1,p,open\r\n',
    ]);
  });

  it('no cell begins like a formula: ids come from anybody', () => {
    for (const line of lines) expect(line).not.toMatch(/(^|,)"?[=+@-]/);
  });

  it('writes times as it is told to', () => {
    expect([...reachCsv(prefix, 'I', time)][1]).toContain('1970-01-01T00:00:15.000Z');
  });
});

describe('prov', () => {
  const pieces = [...reachProv(prefix, 'I', { namespace: 'https://log.example/', time })];
  const document = JSON.parse(pieces.join('')) as {
    prefix: object;
    entity: Record<string, object>;
    bundle: Record<string, Record<string, Record<string, Record<string, unknown>>>>;
  };
  const bundle = document.bundle['assay:incident/I'] ?? {};

  it('is one bundle with an entity per record, and every derivation inside the scope', () => {
    expect(document.entity['assay:incident/I']).toMatchObject({ 'assay:knownAt': prefix.known });
    expect(Object.keys(bundle['entity'] ?? {})).toHaveLength(5);
    expect(bundle['entity']?.['assay:record/o']).toMatchObject({
      'assay:served': 'v7',
      'assay:recorded': { $: '4', type: 'xsd:unsignedLong' },
    });
    expect(Object.values(bundle['wasDerivedFrom'] ?? {})).toHaveLength(3);
    expect(Object.values(bundle['wasDerivedFrom'] ?? {})).toContainEqual({
      'prov:generatedEntity': 'assay:record/late',
      'prov:usedEntity': 'assay:record/p',
    });
  });

  it('every relation names what the bundle holds', () => {
    const known = new Set(['entity', 'agent', 'activity'].flatMap((kind) => Object.keys(bundle[kind] ?? {})));
    for (const kind of ['wasDerivedFrom', 'wasAttributedTo', 'wasInvalidatedBy']) {
      for (const relation of Object.values(bundle[kind] ?? {})) {
        for (const end of Object.values(relation)) expect(known.has(end as string)).toBe(true);
      }
    }
    // What is only possible is not invalidated.
    expect(Object.keys(bundle['wasInvalidatedBy'] ?? {})).toHaveLength(3);
  });

  it('holds no more than one row at a time', () => {
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(600);
  });
});

describe('openlineage', () => {
  const options = { namespace: 'log.example', producer: 'https://log.example/assay', time };
  const events = [...reachOpenLineage(prefix, 'I', options)].map(
    (line) => JSON.parse(line) as Record<string, unknown>,
  );

  it('is a COMPLETE event per record and an OTHER event per disposition', () => {
    expect(events.map((event) => event['eventType'])).toEqual([
      'COMPLETE',
      'OTHER',
      'COMPLETE',
      'COMPLETE',
      'COMPLETE',
      'COMPLETE',
    ]);
    expect(events[0]).toMatchObject({
      eventTime: '1970-01-01T00:00:15.000Z',
      job: { namespace: 'log.example', name: 'prod' },
      inputs: [],
      outputs: [{ namespace: 'log.example', name: 'o' }],
      run: { facets: { assay_served: { served: 'v7', grade: 3, membership: 'affected', verdict: 'match' } } },
    });
    expect(events[2]).toMatchObject({ job: { name: 'payment' }, inputs: [{ name: 'o' }] });
  });

  it('every event has what the specification requires', () => {
    for (const event of events) {
      for (const field of ['eventTime', 'producer', 'schemaURL', 'run', 'job'])
        expect(event).toHaveProperty(field);
      expect((event['run'] as { runId: string }).runId).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
  });

  it('the run id of a record is the same everywhere', () => {
    // SHA-256("o") begins 65c74c15a686187bb6bbf9958f494fc6.
    expect(runId('o')).toBe('65c74c15-a686-887b-b6bb-f9958f494fc6');
  });
});
