/**
 * A storage node process: `node main.ts CONFIG.json`. Prints one line of JSON, `{"listening", "node"}`, once it listens;
 * without a committee it prints `{"node"}` and ends, so that a committee can be made. Logs go to stderr.
 */
import { AssayError, hex } from '@assay/core';
import { pino } from 'pino';
import { loadStorageNodeConfig } from './config.ts';
import { openStorageSeed, startStorageNode } from './start.ts';
import { stopSignals } from '../serving/index.ts';

const UPKEEP_MS = 6 * 3_600_000;
const log = pino({ name: 'storage-node' }, pino.destination({ dest: 2, sync: true }));
const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

try {
  const config = loadStorageNodeConfig(process.argv[2] ?? 'storage-node.json');
  if (config.committee === undefined) {
    print({ node: `ed25519:${hex(openStorageSeed(config.seedFile).publicKey)}` });
  } else {
    const node = await startStorageNode(config, (error) => log.error({ error }, 'a request failed'));
    print({ listening: node.url, node: `ed25519:${hex(node.id)}` });
    const upkeep = setInterval(() => {
      node.upkeep().then(
        (stones) => log.info({ struck: stones.length }, 'upkeep'),
        (error: unknown) => log.error({ error }, 'upkeep failed'),
      );
    }, UPKEEP_MS);
    for (const signal of stopSignals()) {
      process.once(signal, () => {
        clearInterval(upkeep);
        node.stop().catch((error: unknown) => log.error({ error }, 'stopping failed'));
      });
    }
  }
} catch (error) {
  if (!(error instanceof AssayError)) throw error;
  log.fatal(error.toJSON(), error.message);
  process.exitCode = 2;
}
