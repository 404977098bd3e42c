/**
 * An inference node process: `node main.ts CONFIG.json [--fault serve-stale:honest|serve-stale:lying]`.
 * Prints `{"listening", "keyId", "name"}` once it listens; logs go to stderr. SIGTERM finishes, drains and sends.
 */
import { parseArgs } from 'node:util';
import { randomBytes, systemClock } from '@assay/core';
import { processLog, readConfigFile, runProcess } from '../serving/index.ts';
import { nodeConfigSchema } from './config.ts';
import { startInferenceNode } from './start.ts';

const log = processLog('inference-node');

await runProcess(log, async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { fault: { type: 'string' } },
  });
  const file = readConfigFile(positionals[0] ?? 'inference-node.json', nodeConfigSchema);
  const config = nodeConfigSchema.parse(values.fault === undefined ? file : { ...file, fault: values.fault });
  return startInferenceNode(config, { clock: systemClock, entropy: { bytes: randomBytes }, log });
});
