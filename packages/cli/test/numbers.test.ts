/** Numbers at the command line's edges: typed inputs, decimals of evidence, weights, moments. */
import { elementsOf, type Manifest, tensorOf } from '@assay/core';
import { Registry } from '@assay/views';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisTicks, clockOf, lengthText } from '../src/line/clock-text.ts';
import { parseInput } from '../src/infer/parse-input.ts';
import { parseMoment } from '../src/names/times.ts';
import { decimalText, difference, toleranceOf } from '../src/rerun/difference.ts';

const spec = { name: 'features', datatype: 'FP32', shape: [-1, 4] } as const;

describe('inputs', () => {
  it('take their shape from nested lists, or from the version where that is certain', () => {
    expect(parseInput('[[1,2,3,4],[5,6,7,8]]', [spec]).shape).toEqual([2, 4]);
    expect(parseInput('features=[1,2,3,4,5,6,7,8]', [spec]).shape).toEqual([2, 4]);
    expect(elementsOf(parseInput('[[0.5,1,2,3]]', [spec]), 'FP32')).toEqual(Float32Array.of(0.5, 1, 2, 3));
  });

  it('keep 64-bit integers exact when they are written as text', () => {
    const int64 = { name: 'n', datatype: 'INT64', shape: [1] } as const;
    expect(elementsOf(parseInput('n=["9007199254740993"]', [int64]), 'INT64')).toEqual(
      BigInt64Array.of(9007199254740993n),
    );
  });

  it.each([
    ['rows of different lengths', '[[1,2],[3]]', /different lengths/],
    ['text where numbers belong', '["a"]', /no number/],
    ['an input that the version does not have', 'other=[1]', /names no input/],
    ['a flat list that does not fill the shape', '[1,2,3]', /shape/],
  ])('refuse %s', (_, text, message) => expect(() => parseInput(text, [spec])).toThrow(message));
});

describe('evidence', () => {
  const manifest = (tolerance: Manifest['tolerance']): Manifest => ({ tolerance }) as Manifest;
  const exact = manifest({ kind: 'exact' });
  const tensor = (...values: number[]) =>
    tensorOf({ name: 'y', datatype: 'FP64', shape: [values.length] }, Float64Array.from(values));

  it('states differences as decimals that say zero only for zero', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e16, noNaN: true }), (value) => {
        const text = decimalText(value);
        expect(text).toMatch(/^(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$/);
        expect(Number(text) === 0).toBe(value === 0);
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(Math.max(1e-17, value * 1e-12));
      }),
    );
    expect(decimalText(Infinity)).toMatch(/^9+$/);
  });

  it('compares by the metric of the manifest; an uncalibrated version must agree to the bit', () => {
    expect(difference([tensor(1, 2)], [tensor(1, 2.5)], exact)).toBe(0.5);
    const overRms = manifest({ kind: 'maxAbsOverRms', tau: '0.01', inputs: '10', engines: 2 });
    expect(difference([tensor(3, 4)], [tensor(3, 3)], overRms)).toBeCloseTo(1 / 3);
    expect(toleranceOf(overRms)).toBe(0.01);
    expect(toleranceOf(manifest({ kind: 'uncalibrated', reason: 'x' }))).toBe(0);
  });

  it('never calls answers alike that cannot be compared', () => {
    expect(difference([tensor(1)], [], exact)).toBe(Infinity);
    expect(difference([tensor(1)], [tensor(1, 2)], exact)).toBe(Infinity);
    expect(difference([tensor(1)], [tensor(Number.NaN)], exact)).toBe(Infinity);
  });
});

describe('moments', () => {
  const registry = new Registry(() => 0);

  it('are ISO 8601 with a zone, Unix seconds, or a place in the log', () => {
    expect(parseMoment(registry, '2026-01-31T12:30:00Z')).toBe(1_769_862_600);
    expect(parseMoment(registry, '2026-01-31T13:30:00+01:00')).toBe(1_769_862_600);
    expect(parseMoment(registry, '1769862600')).toBe(1_769_862_600);
    expect(() => parseMoment(registry, 'log:5')).toThrow(/not under a witnessed checkpoint/);
  });

  it.each(['2026-01-31T12:30:00', 'yesterday', '-5', '1e9', ''])(
    'refuse what could mean two things: "%s"',
    (text) => {
      expect(() => parseMoment(registry, text)).toThrow(/is no moment/);
    },
  );
});

describe('the axis', () => {
  it('never has more ticks than asked, and all lie in the range', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e9 }),
        fc.integer({ min: 1, max: 3e9 }),
        fc.integer({ min: 2, max: 12 }),
        (from, span, most) => {
          const range = { from, to: from + span };
          const ticks = axisTicks(range, most);
          expect(ticks.length).toBeLessThanOrEqual(most + 1);
          for (const t of ticks) expect(t >= range.from && t <= range.to).toBe(true);
          expect(clockOf(range)(from).length).toBeLessThanOrEqual(16);
        },
      ),
    );
  });

  it('says lengths as people do', () => {
    expect([1, 90, 600, 7_200, 400_000].map(lengthText)).toEqual(['1 s', '90 s', '10 min', '2 h', '5 days']);
  });
});
