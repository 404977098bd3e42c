/** Fits the network: seeded, full batches, Adam; arithmetic that gives the same bits on every machine. */
import { exp } from './exact-math.ts';
import { HIDDEN, type Network, scaled } from './network.ts';
import { seededRandom } from './random.ts';

/** One example: features in table order, and the next day's move annualised, in percent. */
export interface Example {
  readonly features: readonly number[];
  readonly move: number;
}

/** How to train. The same recipe on the same examples gives the same network, to the bit. */
export interface FitRecipe {
  readonly seed: number;
  readonly rounds: number;
  /** Adam's step size at the start; it falls linearly to a tenth. */
  readonly rate: number;
  /** Shrinks weights towards 0, per example. */
  readonly decay: number;
}

/** All weights in one vector, so that the optimiser needs no shapes: hidden, hidden bias, output, output bias. */
interface Layout {
  readonly columns: number;
  readonly hiddenBias: number;
  readonly output: number;
  readonly outputBias: number;
  readonly length: number;
}

function layoutOf(columns: number): Layout {
  const hiddenBias = HIDDEN * columns;
  const output = hiddenBias + HIDDEN;
  return { columns, hiddenBias, output, outputBias: output + HIDDEN, length: output + HIDDEN + 1 };
}

/** Trains a network that minimises QLIKE, ln σ² + move²/σ²: the loss that noise in single moves does not bend. */
export function fit(examples: readonly Example[], recipe: FitRecipe): Network {
  const columns = examples[0]?.features.length ?? 0;
  const layout = layoutOf(columns);
  const { mean, deviation } = standardise(examples, columns);
  const inputs = new Float64Array(examples.length * columns);
  for (const [i, example] of examples.entries()) {
    for (const [c, feature] of example.features.entries()) {
      inputs[i * columns + c] = (scaled(feature) - (mean[c] as number)) / (deviation[c] as number);
    }
  }
  const squares = Float64Array.from(examples, ({ move }) => move * move);
  const weights = initialWeights(layout, squares, recipe.seed);
  optimise(weights, { layout, inputs, squares }, recipe);
  return networkOf(weights, layout, { mean, deviation });
}

interface Batch {
  readonly layout: Layout;
  readonly inputs: Float64Array;
  readonly squares: Float64Array;
}

function standardise(examples: readonly Example[], columns: number): Pick<Network, 'mean' | 'deviation'> {
  const mean = new Float32Array(columns);
  const deviation = new Float32Array(columns);
  for (let c = 0; c < columns; c++) {
    const values = examples.map(({ features }) => scaled(features[c] as number));
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance =
      values.reduce((sum, value) => sum + (value - average) * (value - average), 0) / values.length;
    // Rounded before they are used: the graph holds singles, and the weights are learnt for what it holds.
    mean[c] = average;
    deviation[c] = Math.sqrt(variance);
  }
  return { mean, deviation };
}

function initialWeights(layout: Layout, squares: Float64Array, seed: number): Float64Array {
  const random = seededRandom(seed);
  const weights = new Float64Array(layout.length);
  const scale = 1 / Math.sqrt(layout.columns);
  for (let i = 0; i < layout.hiddenBias; i++) weights[i] = (2 * random() - 1) * scale;
  for (let i = layout.output; i < layout.outputBias; i++) weights[i] = (2 * random() - 1) * 0.1;
  // Start at the flat forecast: ln of the root mean square move.
  const variance = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  weights[layout.outputBias] = scaled(variance - 1) / 2;
  return weights;
}

function optimise(weights: Float64Array, batch: Batch, recipe: FitRecipe): void {
  const first = new Float64Array(weights.length);
  const second = new Float64Array(weights.length);
  let firstLeft = 1;
  let secondLeft = 1;
  for (let round = 0; round < recipe.rounds; round++) {
    const slope = gradient(weights, batch, recipe.decay);
    const rate = recipe.rate * (1 - (0.9 * round) / recipe.rounds);
    firstLeft *= 0.9;
    secondLeft *= 0.999;
    for (let i = 0; i < weights.length; i++) {
      const g = slope[i] as number;
      const m = (first[i] = 0.9 * (first[i] as number) + 0.1 * g);
      const v = (second[i] = 0.999 * (second[i] as number) + 0.001 * g * g);
      weights[i] =
        (weights[i] as number) - (rate * (m / (1 - firstLeft))) / (Math.sqrt(v / (1 - secondLeft)) + 1e-8);
    }
  }
}

/** Slope of the mean loss over the batch, by hand-written back-propagation. */
function gradient(weights: Float64Array, { layout, inputs, squares }: Batch, decay: number): Float64Array {
  const { columns } = layout;
  const slope = Float64Array.from(weights, (weight, i) => (i === layout.outputBias ? 0 : decay * weight));
  const active = new Float64Array(HIDDEN);
  for (let i = 0; i < squares.length; i++) {
    const row = inputs.subarray(i * columns, (i + 1) * columns);
    const logVolatility = activate(weights, layout, { row, active });
    // d(ln σ² + move²/σ²)/d ln σ = 2 − 2·move²/σ², averaged over the batch.
    const error = (2 - 2 * (squares[i] as number) * exp(-2 * logVolatility)) / squares.length;
    spread(error, { weights, slope, layout }, { row, active });
  }
  return slope;
}

interface Step {
  readonly row: Float64Array;
  readonly active: Float64Array;
}

function activate(weights: Float64Array, layout: Layout, { row, active }: Step): number {
  let sum = weights[layout.outputBias] as number;
  for (let unit = 0; unit < HIDDEN; unit++) {
    let value = weights[layout.hiddenBias + unit] as number;
    for (let c = 0; c < row.length; c++)
      value += (weights[unit * row.length + c] as number) * (row[c] as number);
    active[unit] = Math.max(0, value);
    sum += (weights[layout.output + unit] as number) * (active[unit] as number);
  }
  return sum;
}

interface Spread {
  readonly weights: Float64Array;
  readonly slope: Float64Array;
  readonly layout: Layout;
}

function spread(error: number, { weights, slope, layout }: Spread, { row, active }: Step): void {
  const add = (index: number, amount: number): void => {
    slope[index] = (slope[index] as number) + amount;
  };
  add(layout.outputBias, error);
  for (let unit = 0; unit < HIDDEN; unit++) {
    if (active[unit] === 0) continue;
    add(layout.output + unit, error * (active[unit] as number));
    const back = error * (weights[layout.output + unit] as number);
    add(layout.hiddenBias + unit, back);
    for (let c = 0; c < row.length; c++) add(unit * row.length + c, back * (row[c] as number));
  }
}

function networkOf(
  weights: Float64Array,
  layout: Layout,
  scale: Pick<Network, 'mean' | 'deviation'>,
): Network {
  const part = (from: number, to: number): Float32Array => Float32Array.from(weights.subarray(from, to));
  return {
    ...scale,
    hidden: part(0, layout.hiddenBias),
    hiddenBias: part(layout.hiddenBias, layout.output),
    output: part(layout.output, layout.outputBias),
    outputBias: part(layout.outputBias, layout.length),
  };
}
