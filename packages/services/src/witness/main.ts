/**
 * A witness process: `node main.ts CONFIG.json`. Prints one line of JSON, `{"listening", "vkey"}`, once it listens;
 * logs go to stderr. SIGTERM finishes what is being answered.
 */
import { AssayError, randomBytes, systemClock } from '@assay/core';
import { pino } from 'pino';
import { stopSignals } from '../serving/index.ts';
import { loadWitnessConfig } from './config.ts';
import { startWitness } from './start.ts';

const log = pino({ name: 'witness' }, pino.destination({ dest: 2, sync: true }));

try {
  const config = loadWitnessConfig(process.argv[2] ?? 'witness.json');
  const witness = await startWitness(config, systemClock, { bytes: randomBytes });
  process.stdout.write(`${JSON.stringify({ listening: witness.url, vkey: witness.vkey })}\n`);
  log.info({ url: witness.url, cosigner: config.name, logs: config.logs.length }, 'witnessing');
  for (const signal of stopSignals()) {
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      witness.stop().catch((error: unknown) => log.error({ error }, 'stopping failed'));
    });
  }
} catch (error) {
  if (!(error instanceof AssayError)) throw error;
  log.fatal(error.toJSON(), error.message);
  process.exitCode = 2;
}
