/** The configuration file of each process of a local network. */
import { writeFileSync } from 'node:fs';
import type { NetworkDescription } from './create.ts';
import type { Layout, NodeFault } from './layout.ts';

/** Milliseconds between witnessed checkpoints: short, so that the story need not wait. */
const CHECKPOINT_INTERVAL_MS = 400;

/** Writes one JSON file per process under `config/`. */
export function writeConfigs(layout: Layout, network: NetworkDescription): void {
  for (const [i, { name, url }] of network.witnesses.entries()) {
    write(layout, `witness-${i + 1}`, {
      listen: hostOf(url),
      name,
      seedFile: layout.path('keys', `witness-${i + 1}.seed`),
      database: layout.path('state', `witness-${i + 1}.db`),
      logs: network.logKeys.map((vkey) => ({ vkey })),
    });
  }
  write(layout, 'log', {
    listen: hostOf(network.log.url),
    origin: network.origin,
    directory: layout.state('log'),
    seedFile: layout.path('keys', 'log.seed'),
    operatorKeyFile: layout.key('log'),
    policyFile: layout.policy,
    checkpointInterval: CHECKPOINT_INTERVAL_MS,
  });
  write(layout, 'view-keeper', {
    identity: layout.key('log'),
    origin: network.origin,
    log: { url: network.log.url, policy: layout.policy },
  });
  for (const { name, url, fault } of network.nodes) {
    write(layout, name, {
      // The node adds its fault to its name by itself, so that none can be run without saying so.
      name: name.split('.')[0],
      ...shared(layout, network, { name, url }),
      blobs: layout.blobs,
      ...(fault === undefined ? {} : { fault: fault as NodeFault }),
    });
  }
  write(layout, 'gateway', {
    name: 'gateway',
    ...shared(layout, network, { name: 'gateway', url: network.gateway.url }),
  });
}

function shared(
  layout: Layout,
  network: NetworkDescription,
  { name, url }: { name: string; url: string },
): object {
  return {
    listen: hostOf(url),
    endpoint: url,
    identity: layout.key(name),
    outbox: layout.state(name),
    log: { url: network.log.url, policy: layout.policy, pollMs: 100 },
  };
}

const hostOf = (url: string): string => new URL(url).host;

function write(layout: Layout, name: string, config: object): void {
  writeFileSync(layout.config(name), `${JSON.stringify(config, null, 2)}\n`);
}
