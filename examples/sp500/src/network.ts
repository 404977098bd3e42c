/** The forecaster as plain numbers: a small network over standardised logarithms, computed here in double precision. */
import { exp, ln } from './exact-math.ts';

/** Units in the one hidden layer. */
export const HIDDEN = 6;

/** Everything the network learnt. Vectors over columns are in the order of the table it was trained on. */
export interface Network {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  /** Hidden weights, one row of columns per unit. */
  readonly hidden: Float32Array;
  readonly hiddenBias: Float32Array;
  readonly output: Float32Array;
  readonly outputBias: Float32Array;
}

/** How a feature enters the network: ln(1 + percent), which tames the tails and is 0 at 0. */
export function scaled(feature: number): number {
  return ln(1 + feature);
}

/**
 * Annualised volatility in percent for one row of features.
 *
 * @param columns for each column of the training table, which of the row's features it reads
 */
export function forecast(network: Network, row: readonly number[], columns: readonly number[]): number {
  const inputs = columns.map((from, column) => {
    const centred = scaled(Math.fround(row[from] as number)) - (network.mean[column] as number);
    return centred / (network.deviation[column] as number);
  });
  let sum = network.outputBias[0] as number;
  for (let unit = 0; unit < HIDDEN; unit++) {
    let activation = network.hiddenBias[unit] as number;
    for (const [column, input] of inputs.entries()) {
      activation += (network.hidden[unit * inputs.length + column] as number) * input;
    }
    sum += (network.output[unit] as number) * Math.max(0, activation);
  }
  return exp(sum);
}
