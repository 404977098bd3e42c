/**
 * A view keeper process: `node main.ts CONFIG.json`. Follows the log, folds its views, and states their roots for the
 * log's operator. It listens to nobody; its ready line says what it follows.
 */
import { systemClock } from '@assay/core';
import { processLog, readConfigFile, runProcess } from '../serving/index.ts';
import { startViewKeeper, viewKeeperConfigSchema } from './view-keeper.ts';

const log = processLog('view-keeper');

await runProcess(log, async () => {
  const config = readConfigFile(process.argv[2] ?? 'view-keeper.json', viewKeeperConfigSchema);
  return startViewKeeper(config, { clock: systemClock, log });
});
