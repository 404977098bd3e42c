/** The configuration file of each process of a local network. */
import { writeFileSync } from 'node:fs';
import { MONEY_RULES } from '@assay/views';
import { PEOPLE, type PlannedNetwork } from './create.ts';
import type { Layout, NodeFault } from './layout.ts';
import { chainConfig, gatewayMoney, settlerConfig, witnessAnchor } from './money.ts';

/** Milliseconds between witnessed checkpoints: short, so that the story need not wait. */
const CHECKPOINT_INTERVAL_MS = 400;
/** What one storage node takes, and its segments, which are zeroed when they are made: small, so that starting is quick. */
const STORAGE_QUOTA_BYTES = 64 * 2 ** 30;
const SEGMENT_BYTES = 8 * 2 ** 20;

/** Writes one JSON file per process under `config/`. */
export function writeConfigs(layout: Layout, network: PlannedNetwork): void {
  for (const [i, { name, url }] of network.witnesses.entries()) {
    write(layout, `witness-${i + 1}`, {
      listen: hostOf(url),
      name,
      seedFile: layout.path('keys', `witness-${i + 1}.seed`),
      database: layout.path('state', `witness-${i + 1}.db`),
      logs: network.logKeys.map((vkey) => ({ vkey })),
      ...(network.money === undefined ? {} : { anchor: witnessAnchor(layout, network.money, i + 1) }),
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
    // A folder from before these rules gets them at its next start; what was charged until then stays judged as it was.
    ...(network.money === undefined ? {} : { rules: [MONEY_RULES] }),
  });
  write(layout, 'view-keeper', {
    identity: layout.key('log'),
    origin: network.origin,
    log: { url: network.log.url, policy: layout.policy },
  });
  if (network.money !== undefined) {
    const payers = [...PEOPLE, 'log', 'gateway', ...network.nodes.map(({ name }) => name)];
    write(layout, 'chain', chainConfig(layout, network.money, payers));
    write(layout, 'settler', settlerConfig(layout, network.money));
  }
  for (const { name, url, fault } of network.nodes) {
    write(layout, name, {
      // The node adds its fault to its name by itself, so that none can be run without saying so.
      name: name.split('.')[0],
      ...shared(layout, network, { name, url }),
      storage: { network: layout.storage, cache: layout.content(name) },
      ...(fault === undefined ? {} : { fault: fault as NodeFault }),
    });
  }
  for (const [i, { name, url }] of network.storage.nodes.entries()) {
    write(layout, name, {
      listen: hostOf(url),
      seedFile: layout.path('keys', `storage-${i + 1}.seed`),
      data: layout.state(name),
      quotaBytes: STORAGE_QUOTA_BYTES,
      segmentBytes: SEGMENT_BYTES,
      committee: network.storage.committee,
      tenants: network.tenants,
      readers: 'everybody',
    });
  }
  write(layout, 'storage-keeper', {
    identity: layout.key('storage-keeper'),
    network: layout.storage,
    log: { url: network.log.url, policy: layout.policy },
  });
  write(layout, 'gateway', {
    name: 'gateway',
    ...shared(layout, network, { name: 'gateway', url: network.gateway.url }),
    ...(network.money === undefined ? {} : { money: gatewayMoney(layout, network.money) }),
  });
}

function shared(
  layout: Layout,
  network: PlannedNetwork,
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
