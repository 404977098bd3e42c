/** Daily prices of the S&P 500, 2000 to 2020, from the npm package vega-datasets. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AssayError } from '@assay/core';

/** One trading day. Prices in index points. */
export interface Day {
  /** ISO date, such as 2016-01-04. */
  readonly date: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** A price file that is not what we know (`columns`), or a row that cannot be (`row`). */
export class PriceError extends AssayError<'columns' | 'row'> {}

const HEADER = 'date,open,high,low,close,adjclose,volume';

/** All trading days in order of date. @throws PriceError */
export function loadPrices(): readonly Day[] {
  // The package exports only its entry point; the data lies beside it.
  const entry = createRequire(import.meta.url).resolve('vega-datasets');
  return parsePrices(readFileSync(join(dirname(entry), '../data/sp500-2000.csv'), 'utf8'));
}

/**
 * Days of a CSV text with the columns of `sp500-2000.csv`.
 *
 * @throws PriceError on other columns, a price that is not a positive number, a high below a low, or dates out of order
 */
export function parsePrices(csv: string): readonly Day[] {
  const [header, ...lines] = csv.trim().split('\n');
  if (header !== HEADER)
    throw new PriceError('columns', { what: `the columns are "${header}"`, fix: `Expected "${HEADER}".` });
  const days = lines.map(parseDay);
  const late = days.findIndex((day, i) => i > 0 && day.date <= (days[i - 1] as Day).date);
  if (late !== -1)
    throw new PriceError('row', { what: `${days[late]?.date} is out of order`, where: `row ${late + 1}` });
  return days;
}

function parseDay(line: string, index: number): Day {
  const [date = '', ...cells] = line.split(',');
  const [open = Number.NaN, high = Number.NaN, low = Number.NaN, close = Number.NaN] = cells.map(Number);
  const sound = low > 0 && high >= low && close > 0 && open > 0 && high < Infinity;
  if (sound && /^\d{4}-\d\d-\d\d$/.test(date)) return { date, open, high, low, close };
  throw new PriceError('row', {
    what: `"${line.slice(0, 80)}" is no trading day`,
    where: `row ${index + 1}`,
  });
}
