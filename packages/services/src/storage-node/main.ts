/**
 * Storage nodes in one process: `node main.ts CONFIG.json… [--keeper KEEPER.json] [--upkeep SECONDS]`, each node with its own
 * configuration, key, disk and address. The keeper looks after blobs as a client of all nodes of its network, those of others too.
 * Prints one line of JSON per node, `{"listening", "node"}`, once all listen. With a single configuration that names no
 * committee it prints `{"node"}` and ends, so that a committee can be made. Logs go to stderr.
 */
import { parseArgs } from 'node:util';
import { AssayError, hex, randomBytes, systemClock } from '@assay/core';
import { pino } from 'pino';
import { loadStorageNodeConfig } from './config.ts';
import { openStorageSeed } from './seed.ts';
import { type RunningStorageNode, startStorageNode } from './start.ts';
import { stopSignals } from '../serving/stop-signals.ts';

const UPKEEP_SECONDS = 6 * 3_600;
const log = pino({ name: 'storage-node' }, pino.destination({ dest: 2, sync: true }));
const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { keeper: { type: 'string' }, upkeep: { type: 'string', default: String(UPKEEP_SECONDS) } },
  });
  const configs = positionals.map(loadStorageNodeConfig);
  const [only] = configs;
  if (only !== undefined && configs.length === 1 && only.committee === undefined) {
    print({ node: `ed25519:${hex(openStorageSeed(only.seedFile).publicKey)}` });
  } else {
    const onFault = (error: unknown): void => log.error({ error }, 'a request failed');
    const nodes = await Promise.all(configs.map((config) => startStorageNode(config, onFault)));
    for (const { url, id } of nodes) print({ listening: url, node: `ed25519:${hex(id)}` });
    const keeper = values.keeper === undefined ? undefined : await startKeeper(values.keeper);
    const upkeep = setInterval(() => nodes.forEach(look), Number(values.upkeep) * 1_000);
    for (const signal of stopSignals()) {
      process.once(signal, () => {
        clearInterval(upkeep);
        // The keeper first: it would find the nodes gone.
        stopAll([...(keeper === undefined ? [] : [keeper]), ...nodes]).catch((error: unknown) =>
          log.error({ error }, 'stopping failed'),
        );
      });
    }
  }
} catch (error) {
  if (!(error instanceof AssayError)) throw error;
  log.fatal(error.toJSON(), error.message);
  process.exitCode = 2;
}

/** Loaded where there is one: a node that has none need not know of logs. */
async function startKeeper(configFile: string): Promise<{ stop(): Promise<void> }> {
  const { startStorageKeeper, storageKeeperConfigSchema } = await import('../storage-keeper/start.ts');
  const { readConfigFile } = await import('../serving/index.ts');
  return startStorageKeeper(readConfigFile(configFile, storageKeeperConfigSchema), {
    clock: systemClock,
    entropy: { bytes: randomBytes },
    log: log.child({ name: 'storage-keeper' }),
  });
}

async function stopAll(running: readonly { stop(): Promise<void> }[]): Promise<void> {
  for (const each of running) await each.stop();
}

function look(node: RunningStorageNode): void {
  node.upkeep().then(
    (stones) => stones.length > 0 && log.warn({ node: hex(node.id), struck: stones.length }, 'upkeep'),
    (error: unknown) => log.error({ error }, 'upkeep failed'),
  );
}
