/** Compares the versions on the held-out days: how many, how good, how sure. */
import { average, type BootstrapOptions, type PairedMean, pairedMean } from './bootstrap.ts';
import { ln } from './exact-math.ts';
import type { HeldOutDay } from './held-out.ts';
import { forecast } from './network.ts';
import { type Label, LABELS, TRADING_DAYS, type TrainedVersion } from './versions.ts';

const BOOTSTRAP: BootstrapOptions = { seed: 20_160_104, resamples: 2_000, block: 21 };

/** One version over all held-out days. Volatilities are annualised, percent. */
export interface Score {
  /** Mean QLIKE: ln σ² + move²/σ². Lower is better. */
  readonly loss: number;
  readonly meanForecast: number;
  readonly lowestForecast: number;
  readonly highestForecast: number;
}

/** Mean of (loss of `version` − loss of `against`) over the same days; above 0, `version` is worse. */
export interface Comparison extends PairedMean {
  readonly version: Label;
  readonly against: Label;
}

export interface Evaluation {
  readonly heldOut: { readonly from: string; readonly to: string; readonly days: number };
  /** Volatility that there was: root mean square of the moves, annualised, percent. */
  readonly realised: number;
  readonly scores: Readonly<Record<Label, Score>>;
  readonly comparisons: readonly Comparison[];
  readonly interval: { readonly level: number; readonly method: string } & BootstrapOptions;
}

/** Evaluates `versions` on `days`, in double precision and so the same on every machine. */
export function evaluate(
  versions: Readonly<Record<Label, TrainedVersion>>,
  days: readonly HeldOutDay[],
): Evaluation {
  const forecasts = perLabel((label) => {
    const { network, columns } = versions[label];
    return days.map((day) => forecast(network, day.features, columns));
  });
  const losses = perLabel((label) => forecasts[label].map((value, i) => qlike(value, days[i] as HeldOutDay)));
  const compare = (version: Label, against: Label): Comparison => {
    const differences = losses[version].map((loss, i) => loss - (losses[against][i] as number));
    return { version, against, ...rounded(pairedMean(differences, BOOTSTRAP)) };
  };
  return {
    heldOut: { from: days[0]?.date ?? '', to: days.at(-1)?.date ?? '', days: days.length },
    realised: round(Math.sqrt(average(days.map((day) => day.nextMove * day.nextMove)) * TRADING_DAYS)),
    scores: perLabel((label) => scoreOf(losses[label], forecasts[label])),
    comparisons: [compare('v2', 'v1'), compare('v3', 'v1'), compare('v3', 'v2')],
    interval: {
      level: 0.95,
      method: 'circular moving-block bootstrap of paired daily differences',
      ...BOOTSTRAP,
    },
  };
}

function qlike(volatility: number, { nextMove }: HeldOutDay): number {
  const variance = (volatility * volatility) / TRADING_DAYS;
  return ln(variance) + (nextMove * nextMove) / variance;
}

function scoreOf(losses: readonly number[], forecasts: readonly number[]): Score {
  return {
    loss: round(average(losses)),
    meanForecast: round(average(forecasts)),
    lowestForecast: round(Math.min(...forecasts)),
    highestForecast: round(Math.max(...forecasts)),
  };
}

function perLabel<T>(of: (label: Label) => T): Record<Label, T> {
  return Object.fromEntries(LABELS.map((label) => [label, of(label)])) as Record<Label, T>;
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

function rounded({ mean, low, high }: PairedMean): PairedMean {
  return { mean: round(mean), low: round(low), high: round(high) };
}
