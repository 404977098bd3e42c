/**
 * A settler process: `node main.ts CONFIG.json`. Prints `{"listening", "keyId", "name"}` once it listens; logs go to
 * stderr. SIGTERM ends the round it is in; what is on its way to the chain is kept and sent again at the next start.
 */
import { randomBytes, systemClock } from '@assay/core';
import { processLog, readConfigFile, runProcess } from '../serving/index.ts';
import { settlerConfigSchema } from './config.ts';
import { startSettler } from './start.ts';

const log = processLog('settler');

await runProcess(log, () => {
  const config = readConfigFile(process.argv[2] ?? 'settler.json', settlerConfigSchema);
  return startSettler(config, { clock: systemClock, entropy: { bytes: randomBytes }, log });
});
