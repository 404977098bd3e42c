/** Forecasts of one version for many days at once, in ONNX Runtime. */
import { elementsOf, type Tensor } from '@assay/core';
import { OnnxEngine } from '@assay/engine';
import { inputTensor } from './features.ts';
import type { HeldOutDay } from './held-out.ts';
import type { CommittedVersion } from './models.ts';

/** Annualised volatility in percent for each day. */
export async function forecastAll(
  { manifest, graph }: Pick<CommittedVersion, 'manifest' | 'graph'>,
  days: readonly HeldOutDay[],
): Promise<readonly number[]> {
  const engine = new OnnxEngine({
    intraOpThreads: 1,
    interOpThreads: 1,
    monotonicMicros: () => performance.now() * 1e3,
  });
  await using session = await engine.load(manifest, graph);
  const { outputs } = await session.run([inputTensor(days.map((day) => day.features))]);
  return [...elementsOf(outputs[0] as Tensor, 'FP32')];
}
