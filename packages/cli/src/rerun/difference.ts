/** How far two answers lie apart, and how far they may. */
import { elementsOf, equal, isFloat, type Manifest, type Tensor } from '@assay/core';

/** A version's tolerance as a number on the scale of `difference`; uncalibrated versions must agree to the bit. */
export function toleranceOf({ tolerance }: Manifest): number {
  return tolerance.kind === 'maxAbsOverRms' ? Number(tolerance.tau) : 0;
}

/**
 * The largest difference between recorded outputs and a re-run, by the metric of the version's manifest.
 * `Infinity` where they cannot be compared: an output is missing, of another shape, or not a number.
 */
export function difference(
  recorded: readonly Tensor[],
  rerun: readonly Tensor[],
  { tolerance }: Manifest,
): number {
  const apart = recorded.map((tensor) => {
    const other = rerun.find(({ name }) => name === tensor.name);
    return other === undefined ? Infinity : tensorDifference(tensor, other, tolerance.kind);
  });
  return apart.reduce((most, each) => Math.max(most, each), 0);
}

/** A non-negative number as the decimal string of a statement: at most 18 decimals, no exponent. */
export function decimalText(value: number): string {
  if (!Number.isFinite(value) || value >= 1e17) return '9'.repeat(17);
  const text = value.toFixed(18).replace(/0+$/, '').replace(/\.$/, '');
  // What is not zero must not be written as zero: the smallest decimal stands for it.
  return text === '0' && value > 0 ? `0.${'0'.repeat(17)}1` : text;
}

/** Elements of a floating-point or integer tensor as numbers; undefined for types without a distance. */
export function numbersOf(tensor: Tensor): readonly number[] | undefined {
  if (tensor.datatype === 'BYTES' || tensor.datatype === 'FP16' || tensor.datatype === 'BOOL')
    return undefined;
  return Array.from(elementsOf(tensor, tensor.datatype), Number);
}

function tensorDifference(recorded: Tensor, rerun: Tensor, kind: Manifest['tolerance']['kind']): number {
  if (equal(recorded.bytes, rerun.bytes) && recorded.datatype === rerun.datatype) return 0;
  if (recorded.datatype !== rerun.datatype || recorded.shape.join() !== rerun.shape.join()) return Infinity;
  const [a, b] = [numbersOf(recorded), numbersOf(rerun)];
  if (a === undefined || b === undefined || !isFloat(recorded.datatype)) return Infinity;
  const most = a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);
  if (Number.isNaN(most)) return Infinity;
  if (kind !== 'maxAbsOverRms') return most;
  const rms = Math.sqrt(b.reduce((sum, value) => sum + value * value, 0) / Math.max(1, b.length));
  return rms === 0 ? (most === 0 ? 0 : Infinity) : most / rms;
}
