/** Trains all versions and rewrites models/: `node examples/sp500/src/train.ts`. Some five seconds. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { manifestBytes, manifestDigest } from '@assay/core';
import { describeEvaluation } from './describe-evaluation.ts';
import { evaluate } from './evaluation.ts';
import { heldOutDays } from './held-out.ts';
import { MODELS } from './models.ts';
import { loadPrices } from './prices.ts';
import { trainVersion, VERSIONS } from './versions.ts';

const days = loadPrices();
const versions = {
  v1: trainVersion(days, VERSIONS.v1),
  v2: trainVersion(days, VERSIONS.v2),
  v3: trainVersion(days, VERSIONS.v3),
};
for (const [label, { graph, manifest }] of Object.entries(versions)) {
  const folder = new URL(`${label}/`, MODELS);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('model.onnx', folder), graph);
  writeFileSync(new URL('manifest.json', folder), manifestBytes(manifest));
  console.log(`${label}  ${manifestDigest(manifest)}  ${graph.length} bytes`);
}
const evaluation = evaluate(versions, heldOutDays(days));
writeFileSync(new URL('evaluation.json', MODELS), `${JSON.stringify(evaluation, null, 2)}\n`);
console.log(`\n${describeEvaluation(evaluation).join('\n')}`);
