/**
 * A log server process: `node main.ts CONFIG.json`. Prints one line of JSON, `{"listening", "origin", "vkey"}`, once it
 * listens; logs go to stderr. SIGTERM finishes what is being answered. Exits 2 when the log may not sign.
 */
import { AssayError, randomBytes, systemClock } from '@assay/core';
import { pino } from 'pino';
import { stopSignals } from '../serving/index.ts';
import { loadLogServerConfig } from './config.ts';
import { startLogServer } from './start.ts';

const logger = pino({ name: 'log-server' }, pino.destination({ dest: 2, sync: true }));

try {
  const config = loadLogServerConfig(process.argv[2] ?? 'log-server.json');
  const server = await startLogServer(config, {
    clock: systemClock,
    entropy: { bytes: randomBytes },
    onTrouble: ({ what, failures, cause }) =>
      logger.warn({ failures: failures?.map(({ error }) => error.message), err: cause }, what),
  });
  const { url, log } = server;
  process.stdout.write(`${JSON.stringify({ listening: url, origin: log.origin, vkey: log.vkey })}\n`);
  logger.info({ url, size: log.size }, 'serving');
  void server.ended.then((failure) => {
    logger.fatal(failure.toJSON(), 'the writer ended; a restart recovers from what is on disk');
    process.exitCode = 2;
    return server.stop();
  });
  for (const signal of stopSignals()) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping');
      server.stop().catch((error: unknown) => logger.error({ err: error }, 'stopping failed'));
    });
  }
} catch (error) {
  if (!(error instanceof AssayError)) throw error;
  logger.fatal(error.toJSON(), error.message);
  process.exitCode = 2;
}
