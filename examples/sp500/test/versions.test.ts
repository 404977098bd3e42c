/** The committed models are what training gives, run as they were trained, and compare as the story says. */
import { hex, manifestBytes, sha256 } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { describeEvaluation } from '../src/describe-evaluation.ts';
import { evaluate } from '../src/evaluation.ts';
import { forecastAll } from '../src/forecast-all.ts';
import { heldOutDays, ROUGH_WEEKS } from '../src/held-out.ts';
import { loadEvaluation, loadVersion } from '../src/models.ts';
import { forecast } from '../src/network.ts';
import { loadPrices } from '../src/prices.ts';
import { LABELS, trainVersion, VERSIONS } from '../src/versions.ts';

const days = loadPrices();
const heldOut = heldOutDays(days);
const trained = {
  v1: trainVersion(days, VERSIONS.v1),
  v2: trainVersion(days, VERSIONS.v2),
  v3: trainVersion(days, VERSIONS.v3),
};

describe.each(LABELS)('%s', (label) => {
  const committed = loadVersion(label);

  it('retrains to the committed bytes', () => {
    expect(hex(sha256(trained[label].graph))).toBe(hex(sha256(committed.graph)));
    expect(hex(manifestBytes(trained[label].manifest))).toBe(hex(manifestBytes(committed.manifest)));
  });

  it('forecasts in ONNX Runtime what the plain arithmetic says, on every held-out day', async () => {
    const forecasts = await forecastAll(committed, heldOut);
    const { network, columns } = trained[label];
    for (const [i, day] of heldOut.entries()) {
      const exact = forecast(network, day.features, columns);
      expect(Math.abs((forecasts[i] as number) / exact - 1)).toBeLessThan(1e-5);
    }
  });
});

describe('the versions', () => {
  it('are three', () => {
    expect(new Set(LABELS.map((label) => loadVersion(label).version)).size).toBe(3);
  });

  it('v2 and v3 hold the same weights: v2 is wrong only in which columns it reads', () => {
    expect(trained.v2.network).toEqual(trained.v3.network);
    const [day] = heldOut;
    const swapped = [2, 1, 0, 3].map((from) => day?.features[from] as number);
    const { network } = trained.v2;
    expect(forecast(network, swapped, trained.v2.columns)).toBe(
      forecast(network, day?.features ?? [], trained.v3.columns),
    );
  });
});

describe('the evaluation', () => {
  const evaluation = loadEvaluation();
  const comparison = (version: string, against: string) =>
    evaluation.comparisons.find((one) => one.version === version && one.against === against);

  it('is committed as it is computed', () => {
    expect(evaluate(trained, heldOut)).toEqual(evaluation);
  });

  it('finds v2 worse than v1 beyond its interval, and v3 better than v2', () => {
    expect(evaluation.heldOut.days).toBe(heldOut.length);
    expect(comparison('v2', 'v1')?.low).toBeGreaterThan(0);
    expect(comparison('v3', 'v2')?.high).toBeLessThan(0);
  });

  it('finds v2 below v1 on every one of the rough weeks’ days', () => {
    const rough = heldOutDays(days, ROUGH_WEEKS.from, ROUGH_WEEKS.to);
    expect(rough.length).toBe(31);
    for (const { features } of rough) {
      const good = forecast(trained.v1.network, features, trained.v1.columns);
      expect(forecast(trained.v2.network, features, trained.v2.columns)).toBeLessThan(good);
    }
  });

  it('finds v2 at a visibly lower level', () => {
    const { v1, v2 } = evaluation.scores;
    expect(v2.meanForecast / v1.meanForecast).toBeLessThan(0.8);
  });

  it('fits a terminal of 80 columns and names the sample size', () => {
    const lines = describeEvaluation(evaluation);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[0]).toContain(`${heldOut.length} held-out days`);
    expect(lines.join('\n')).toMatch(
      /v2 against v1: \+\d\.\d{4} per day \[\+\d\.\d{4}, \+\d\.\d{4}\]: worse\./,
    );
  });
});
