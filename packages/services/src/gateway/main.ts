/**
 * A gateway process: `node main.ts CONFIG.json`. Prints `{"listening", "keyId", "name"}` once it listens; logs go to
 * stderr. SIGTERM finishes what is being answered and sends what is unsent.
 */
import { randomBytes, systemClock } from '@assay/core';
import { processLog, readConfigFile, runProcess } from '../serving/index.ts';
import { gatewayConfigSchema } from './config.ts';
import { startGateway } from './start.ts';

const log = processLog('gateway');

await runProcess(log, () => {
  const config = readConfigFile(process.argv[2] ?? 'gateway.json', gatewayConfigSchema);
  return startGateway(config, { clock: systemClock, entropy: { bytes: randomBytes }, log });
});
