/**
 * The embedded chain's process: `node main.ts CONFIG.json`. Prints `{"listening", "chain"}` once it answers; logs go to
 * stderr. It runs anvil as a child, keeps every transaction before anvil sees it, and ends with anvil.
 */
import { systemClock } from '@assay/core';
import { processLog, readConfigFile, runProcess } from '../serving/index.ts';
import { chainConfigSchema } from './config.ts';
import { startChain } from './start.ts';

await runProcess(processLog('chain'), () => {
  const config = readConfigFile(process.argv[2] ?? 'chain.json', chainConfigSchema);
  return startChain(config, { clock: systemClock });
});
