/** What the model sees of a day: four plain percentages. Arithmetic only, so they are the same bits everywhere. */
import { type Tensor, tensorOf } from '@assay/core';
import type { Day } from './prices.ts';

/** The input columns, in the order of the contract between callers and every version. */
export const FEATURES = ['range_day', 'range_week', 'range_month', 'fall_day'] as const;
export type Feature = (typeof FEATURES)[number];

/** Trading days in a week and in a month. */
const WEEK = 5;
const MONTH = 22;
/** Days of history that the features of a day need: a month of ranges. */
export const HISTORY = MONTH;

/**
 * The features of day `index`, known at its close: how far prices ranged over the last day, week and month (high over
 * low, percent), and how far the day's close fell below the last one (percent, 0 when it rose).
 *
 * @throws RangeError when there are fewer than `HISTORY` days up to `index`
 */
export function featuresFor(days: readonly Day[], index: number): readonly number[] {
  const today = days[index];
  const yesterday = days[index - 1];
  if (today === undefined || yesterday === undefined || index < HISTORY - 1) {
    throw new RangeError(`day ${index} needs ${HISTORY} days of history among ${days.length}`);
  }
  const fall = Math.max(0, 100 * (1 - today.close / yesterday.close));
  return [rangeOf(days, index, 1), rangeOf(days, index, WEEK), rangeOf(days, index, MONTH), fall];
}

/** Highest high over lowest low of the `length` days up to `index`, as percent above 1. */
function rangeOf(days: readonly Day[], index: number, length: number): number {
  let high = 0;
  let low = Infinity;
  for (const day of days.slice(index + 1 - length, index + 1)) {
    high = Math.max(high, day.high);
    low = Math.min(low, day.low);
  }
  return 100 * (high / low - 1);
}

/** The move from the close of day `index` to the next one, in percent: what the forecast is about. */
export function nextMove(days: readonly Day[], index: number): number {
  const today = days[index];
  const tomorrow = days[index + 1];
  if (today === undefined || tomorrow === undefined) throw new RangeError(`day ${index} has no next day`);
  return 100 * (tomorrow.close / today.close - 1);
}

/** The model's input for some days: FP32 [days, 4]. */
export function inputTensor(rows: readonly (readonly number[])[]): Tensor {
  const head = { name: 'features', datatype: 'FP32', shape: [rows.length, FEATURES.length] } as const;
  return tensorOf(head, Float32Array.from(rows.flat()));
}
