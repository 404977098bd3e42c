/** What counts as a difference: declared by whoever uses the outputs, before anybody looks at the results. */
import { equal, type Tensor } from '@assay/core';
import { compareRegressor, type RegressorRule, type RerunResult } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { readJsonFile } from '../content/json-file.ts';
import { numbersOf } from './difference.ts';

/** Compares a recorded answer with that of the good version. */
export type Materiality = (recorded: readonly Tensor[], good: readonly Tensor[]) => RerunResult;

/** Without a declaration every changed bit counts. */
export const bitForBit: Materiality = (recorded, good) =>
  recorded.every((tensor) => equal(tensor.bytes, byName(good, tensor)?.bytes ?? new Uint8Array()))
    ? 'same'
    : 'different';

/** A rule for numbers, from a file: `{"abs", "rel", "noise", "thresholds"}`. @throws CliError */
export function readMateriality(path: string): Materiality {
  const { abs, rel, noise, thresholds } = (readJsonFile(path) ?? {}) as Record<string, unknown>;
  const whole = [abs, rel, noise].every((value) => typeof value === 'number' && value >= 0);
  if (!whole || !Array.isArray(thresholds) || !thresholds.every((at) => typeof at === 'number')) {
    throw new CliError('unreadable-file', {
      what: 'not a declaration of what is material',
      where: path,
      fix: 'Write {"abs": 0.5, "rel": 0.01, "noise": 0, "thresholds": [20]}.',
    });
  }
  return byRule({ abs, rel, noise, thresholds } as RegressorRule);
}

/** Every element is judged; one that differs makes the answer different. */
export function byRule(rule: RegressorRule): Materiality {
  return (recorded, good) => {
    const results = recorded.flatMap((tensor) => elementResults(tensor, byName(good, tensor), rule));
    if (results.includes('different')) return 'different';
    return results.includes('undetermined') ? 'undetermined' : 'same';
  };
}

function elementResults(recorded: Tensor, good: Tensor | undefined, rule: RegressorRule): RerunResult[] {
  const [a, b] = [numbersOf(recorded), good === undefined ? undefined : numbersOf(good)];
  if (a === undefined || b === undefined || a.length !== b.length) return ['undetermined'];
  return a.map((original, i) => compareRegressor({ original, rerun: b[i] }, rule).result);
}

const byName = (tensors: readonly Tensor[], { name }: Tensor): Tensor | undefined =>
  tensors.find((tensor) => tensor.name === name);
