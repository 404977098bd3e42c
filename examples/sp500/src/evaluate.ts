/** Runs the committed models in ONNX Runtime on the held-out days and prints the comparison: `node …/evaluate.ts`. */
import { describeEvaluation } from './describe-evaluation.ts';
import { forecastAll } from './forecast-all.ts';
import { heldOutDays } from './held-out.ts';
import { loadEvaluation, loadVersion } from './models.ts';
import { loadPrices } from './prices.ts';
import { LABELS } from './versions.ts';

const days = heldOutDays(loadPrices());
console.log(describeEvaluation(loadEvaluation()).join('\n'));
console.log('\nThe same models in ONNX Runtime, mean forecast:');
for (const label of LABELS) {
  const forecasts = await forecastAll(loadVersion(label), days);
  const mean = forecasts.reduce((sum, value) => sum + value, 0) / forecasts.length;
  console.log(`${label}  ${mean.toFixed(1)} %`);
}
