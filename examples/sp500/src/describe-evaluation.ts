/** The comparison as lines for a terminal. */
import type { Comparison, Evaluation } from './evaluation.ts';
import { LABELS } from './versions.ts';

const percent = (value: number): string => `${value.toFixed(1)} %`;

/** Lines of at most 80 columns. */
export function describeEvaluation({
  heldOut,
  realised,
  scores,
  comparisons,
  interval,
}: Evaluation): readonly string[] {
  return [
    `Next-day volatility of the S&P 500, annualised, on ${heldOut.days} held-out days`,
    `(${heldOut.from} to ${heldOut.to}). What there was: ${percent(realised)}.`,
    '',
    'version   loss (QLIKE)   mean forecast     lowest    highest',
    ...LABELS.map((label) => {
      const { loss, meanForecast, lowestForecast, highestForecast } = scores[label];
      const cells = [loss.toFixed(4).padStart(14), percent(meanForecast).padStart(16)];
      return `${label.padEnd(7)} ${cells.join('')} ${percent(lowestForecast).padStart(10)} ${percent(highestForecast).padStart(10)}`;
    }),
    '',
    ...comparisons.map(sentence),
    '',
    `Intervals: ${interval.level * 100} %, paired by day, ${interval.resamples} resamples of ${interval.block}-day blocks.`,
  ];
}

function sentence({ version, against, mean, low, high }: Comparison): string {
  const verdict = low > 0 ? 'worse' : high < 0 ? 'better' : 'not distinguishable';
  const signed = (value: number): string => (value < 0 ? '' : '+') + value.toFixed(4);
  return `${version} against ${against}: ${signed(mean)} per day [${signed(low)}, ${signed(high)}]: ${verdict}.`;
}
