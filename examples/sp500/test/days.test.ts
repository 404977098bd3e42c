/** Prices, features, held-out days and the agent's rule. */
import { describe, expect, it } from 'vitest';
import {
  type Day,
  FEATURES,
  featuresFor,
  HELD_OUT_FROM,
  heldOutDays,
  inputTensor,
  loadPrices,
  nextMove,
  parsePrices,
  positionSize,
  PriceError,
} from '../src/index.ts';
import { VERSIONS } from '../src/versions.ts';

const days = loadPrices();
const HEADER = 'date,open,high,low,close,adjclose,volume';

describe('prices', () => {
  it('are all there', () => {
    expect(days.length).toBe(5_105);
    expect([days[0]?.date, days.at(-1)?.date]).toEqual(['2000-01-03', '2020-04-17']);
    expect(days[0]).toEqual({
      date: '2000-01-03',
      open: 1469.25,
      high: 1478,
      low: 1438.359985,
      close: 1455.219971,
    });
  });

  it.each([
    ['other columns', 'day,price\n2000-01-03,1'],
    ['a negative price', `${HEADER}\n2000-01-03,1,1,-1,1,1,1`],
    ['a price that is no number', `${HEADER}\n2000-01-03,1,n/a,1,1,1,1`],
    ['a high below the low', `${HEADER}\n2000-01-03,1,1,2,1,1,1`],
    ['a row that is cut', `${HEADER}\n2000-01-03,1,1`],
    ['a date twice', `${HEADER}\n2000-01-03,1,1,1,1,1,1\n2000-01-03,1,1,1,1,1,1`],
  ])('are refused with %s', (_, csv) => {
    expect(() => parsePrices(csv)).toThrow(PriceError);
  });
});

describe('features', () => {
  const day = (i: number, low: number, high: number, close: number): Day => ({
    date: `d${i}`,
    open: close,
    low,
    high,
    close,
  });
  const flat = Array.from({ length: 22 }, (_, i) => day(i, 100, 100, 100));

  it('are zero where nothing moves', () => {
    expect(featuresFor(flat, 21)).toEqual([0, 0, 0, 0]);
  });

  it('measure the day, the week, the month and the fall, in percent', () => {
    const moved = flat
      .with(0, day(0, 100, 150, 100))
      .with(18, day(18, 100, 110, 100))
      .with(21, day(21, 98, 100, 98));
    const [rangeDay, rangeWeek, rangeMonth, fall] = featuresFor(moved, 21);
    expect(rangeDay).toBeCloseTo(2.0408, 3);
    expect(rangeWeek).toBeCloseTo(12.2449, 3);
    expect(rangeMonth).toBeCloseTo(53.0612, 3);
    expect(fall).toBeCloseTo(2, 6);
  });

  it('know nothing of the next day', () => {
    const other = flat.concat(day(22, 1, 1_000, 500));
    expect(featuresFor(other, 21)).toEqual(featuresFor(flat, 21));
    expect(() => featuresFor(flat, 20)).toThrow(RangeError);
    expect(() => nextMove(flat, 21)).toThrow(RangeError);
  });

  it('make one input row per day', () => {
    expect(inputTensor([featuresFor(flat, 21), featuresFor(flat, 21)])).toMatchObject({
      name: 'features',
      datatype: 'FP32',
      shape: [2, FEATURES.length],
    });
  });
});

describe('held-out days', () => {
  const heldOut = heldOutDays(days);

  it('begin after the last day that any version was trained on', () => {
    for (const { trainedThrough } of Object.values(VERSIONS))
      expect(trainedThrough < HELD_OUT_FROM).toBe(true);
    expect(heldOut[0]?.date).toBe(HELD_OUT_FROM);
    expect(heldOut.length).toBe(1_079);
  });

  it('cannot be widened into the training days, but be narrowed', () => {
    expect(heldOutDays(days, '2001-01-01').length).toBe(heldOut.length);
    const march = heldOutDays(days, '2020-03-01', '2020-03-31');
    expect([march[0]?.date, march.at(-1)?.nextDate]).toEqual(['2020-03-02', '2020-04-01']);
  });
});

describe('the agent', () => {
  it('halves its position when the forecast doubles, and never holds more than its most', () => {
    expect([10, 20, 40, 1].map((forecast) => positionSize(forecast))).toEqual([1, 0.5, 0.25, 2]);
  });

  it.each([0, -1, Number.NaN, Infinity])('takes no position on a forecast of %s', (forecast) => {
    expect(() => positionSize(forecast)).toThrow(RangeError);
  });
});
