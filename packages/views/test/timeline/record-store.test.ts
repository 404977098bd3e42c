import { type Json, type LogRecord } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Packer } from '../../src/timeline/pack.ts';
import { RecordStore } from '../../src/timeline/record-store.ts';
import { agent, begun, nodeA, owner } from '../support/log-builder.ts';

const digest = fc.stringMatching(/^(sha256:|hmac-sha256:|ed25519:|)[0-9a-f]{64}$/);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  digest,
  fc.constantFrom('', 'a'.repeat(161), 'sha256:'),
);
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 127, 128, 16_383, 16_384, Number.MAX_SAFE_INTEGER),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, text, number, fc.boolean(), fc.constant(null), tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), tie('value'), {
    maxKeys: 5,
    noNullPrototype: true,
  }),
}));

describe('records in columns', () => {
  it('a packed value comes back as it was, whatever was packed before and after', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
        const packer = new Packer();
        const packed = values.map((each) => Uint8Array.from(packer.pack(each as Json)));
        expect(packed.map((bytes) => packer.unpack(bytes))).toStrictEqual(values);
      }),
    );
  });

  it('texts beyond what is worth a number are kept all the same', () => {
    const packer = new Packer();
    const texts = Array.from({ length: 66_000 }, (_, i) => `request-${i}`);
    const packed = texts.map((each) => Uint8Array.from(packer.pack(each)));
    expect(packer.unpack(packed[65_999] as Uint8Array)).toBe('request-65999');
    expect(packed.map((bytes) => packer.unpack(bytes))).toEqual(texts);
  });

  it('PROTOCOL 1.1: every record of a log comes back whole, by its id and in log order', () => {
    const { log, v1 } = begun();
    const output = log.output(nodeA, v1);
    log.act([output], agent);
    log.act([output], owner);
    log.witness(200);
    const counted = log.records.filter(
      ({ index }) => !log.timeline.registry.ignored.some((ignored) => ignored.index === index),
    );
    const first = counted.filter(({ id, index }) => counted.find((each) => each.id === id)?.index === index);
    expect([...log.timeline.records()]).toEqual(first);
    for (const record of first) expect(log.timeline.record(record.id)).toEqual(record);
    const acts = counted.filter(({ kind }) => kind === 'act');
    expect(acts).toHaveLength(2);
    expect(log.timeline.statementsOf(acts[0]?.id ?? '')).toEqual(acts);
    expect([...log.timeline.records('output.receipt')]).toEqual(
      first.filter(({ kind }) => kind === 'output.receipt'),
    );
    expect(log.timeline.record('0'.repeat(64))).toBeUndefined();
  });

  it('a record larger than a chunk is kept whole', () => {
    const store = new RecordStore();
    const record = {
      ...(begun().log.records[0] as LogRecord),
      predicate: { note: 'n'.repeat(3_000_000) },
    } as unknown as LogRecord;
    store.add(record);
    store.add({ ...record, id: '1'.repeat(64), index: 1 });
    expect(store.get(record.id)?.predicate).toEqual(record.predicate);
  });
});
