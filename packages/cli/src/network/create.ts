/** Makes a local network's folder: keys, policy, and one configuration file per process. Repeating it changes nothing. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  AssayError,
  type Clock,
  ed25519Signer,
  type Entropy,
  hex,
  mldsa44Signer,
  sha256,
  utf8,
} from '@assay/core';
import { openIdentity } from '@assay/core/node';
import { ed25519Cosigner, ed25519NoteSigner, formatVkey, mldsa44Cosigner } from '@assay/log';
import { openWitnessSeed } from '@assay/log/node';
import { openStorageSeed, readStorageDescription, type StorageDescription } from '@assay/services';
import { writeConfigs } from './configs.ts';
import { Layout, type NetworkPlan, QUORUM, STORAGE_PROFILE, WITNESSES } from './layout.ts';
import { describeMoney, type MoneyDescription, moneyKeys } from './money.ts';

/** A folder that holds a network of another plan. */
export class NetworkError extends AssayError<'other-plan' | 'port-in-use'> {}

/** What other commands read to find their way (`network.json`). */
export interface NetworkDescription {
  readonly origin: string;
  readonly log: { readonly url: string };
  /** The log's verifier keys, Ed25519 first. */
  readonly logKeys: readonly string[];
  readonly gateway: { readonly url: string };
  readonly nodes: readonly { readonly name: string; readonly url: string; readonly fault?: string }[];
  readonly witnesses: readonly { readonly name: string; readonly url: string; readonly vkey: string }[];
  /** Absent where everything is free. */
  readonly money?: MoneyDescription;
}

/** The description with what only its own processes are told. */
export interface PlannedNetwork extends NetworkDescription {
  readonly storage: StorageDescription;
  /** Key ids that may store. */
  readonly tenants: readonly string[];
}

/** Two weeks; a lease lasts 26 of them. */
const STORAGE_EPOCH_SECONDS = 14 * 86_400;

/** People of a local network besides its processes. */
export const PEOPLE = ['owner', 'agent', 'verifier', 'attester'] as const;

/** Makes what is missing in the plan's folder. @throws NetworkError `other-plan` */
export function createNetwork(
  plan: NetworkPlan,
  { entropy, clock }: { entropy: Entropy; clock: Clock },
): Layout {
  const layout = new Layout(plan);
  for (const folder of ['keys', 'config', 'state', 'logs'])
    mkdirSync(layout.path(folder), { recursive: true });
  const processes = ['log', 'gateway', ...plan.nodes.map((node) => node.name)];
  for (const name of [...processes, ...(plan.money === true ? moneyKeys() : [])])
    openIdentity(layout.key(name), entropy);
  // The keeper stores what it repairs.
  const tenants = [...PEOPLE, 'storage-keeper'].map((name) => openIdentity(layout.key(name), entropy).keyId);
  const description = describe(layout, entropy);
  keepPlan(layout, description);
  const storage = describeStorage(layout, { ...description, clock });
  writeFileSync(layout.storage, `${JSON.stringify(storage, null, 2)}\n`);
  writePolicy(layout, description);
  writeConfigs(layout, { ...description, storage, tenants });
  return layout;
}

/** Name of witness `i` as a key name: a schema-less URL. */
export const witnessName = (layout: Layout, i: number): string =>
  `${layout.witnessUrl(i).slice(7)}/witness-${i + 1}`;

function describe(layout: Layout, entropy: Entropy): NetworkDescription {
  const witnesses = Array.from({ length: WITNESSES }, (_, i) => {
    const name = witnessName(layout, i);
    const seed = openWitnessSeed(layout.path('keys', `witness-${i + 1}.seed`), entropy);
    return {
      name,
      url: layout.witnessUrl(i),
      vkey: formatVkey(ed25519Cosigner(name, ed25519Signer(seed)).key),
    };
  });
  return {
    origin: layout.origin,
    log: { url: layout.logUrl },
    logKeys: logKeysOf(layout, entropy),
    gateway: { url: layout.gatewayUrl },
    nodes: layout.plan.nodes.map((node, i) => ({ ...node, url: layout.nodeUrl(i) })),
    witnesses,
    ...(layout.plan.money === true ? { money: describeMoney(layout) } : {}),
  };
}

/** Six storage nodes of one operator: that shows the mechanism, and not that a loss of one leaves the others. */
function describeStorage(
  layout: Layout,
  { logKeys, clock }: NetworkDescription & { readonly clock: Clock },
): StorageDescription {
  const nodes = Array.from({ length: STORAGE_PROFILE.n }, (_, i) => {
    const { publicKey } = openStorageSeed(layout.path('keys', `storage-${i + 1}.seed`));
    return { name: `storage-${i + 1}`, key: `ed25519:${hex(publicKey)}`, url: layout.storageUrl(i) };
  });
  const networkId = hex(sha256(utf8(`assay storage\n${logKeys.join('\n')}`)));
  const members = nodes.map(({ key }) => key);
  const time = storageTime(layout, clock);
  return { committee: { networkId, ...time, profile: STORAGE_PROFILE, members }, nodes };
}

/** Epochs begin when the folder is made, or when it first comes to have a schedule, and go on from there whatever happens. */
function storageTime(
  layout: Layout,
  clock: Clock,
): Required<Pick<StorageDescription['committee'], 'epoch' | 'epochs'>> {
  const { epoch = 1, epochs } = existsSync(layout.storage)
    ? readStorageDescription(layout.storage).committee
    : {};
  const begun = { since: new Date(clock.now()).toISOString(), every: STORAGE_EPOCH_SECONDS };
  return { epoch, epochs: epochs ?? begun };
}

/** Ports and names are in signed statements, so a folder keeps the plan that it was made with. */
function keepPlan(layout: Layout, description: NetworkDescription): void {
  const text = `${JSON.stringify(description, null, 2)}\n`;
  if (!existsSync(layout.description)) writeFileSync(layout.description, text);
  else if (readFileSync(layout.description, 'utf8') !== text) {
    throw new NetworkError('other-plan', {
      what: 'this folder holds a network with other ports, nodes or faults',
      where: layout.description,
      fix: 'Use another --dir, or give the same options as the first time.',
    });
  }
}

function logKeysOf(layout: Layout, entropy: Entropy): string[] {
  const seed = openWitnessSeed(layout.path('keys', 'log.seed'), entropy);
  const { origin } = layout;
  return [ed25519NoteSigner(origin, ed25519Signer(seed)), mldsa44Cosigner(origin, mldsa44Signer(seed))].map(
    ({ key }) => formatVkey(key),
  );
}

function writePolicy(layout: Layout, { witnesses, logKeys }: NetworkDescription): void {
  const lines = [
    '# All four witnesses are run by the operator of this network: it shows the mechanism, not independence.',
    ...logKeys.map((vkey) => `log ${vkey} ${layout.logUrl}`),
    ...witnesses.map(({ vkey, url }, i) => `witness w${i + 1} ${vkey} ${url}`),
    `group local ${QUORUM} ${witnesses.map((_, i) => `w${i + 1}`).join(' ')}`,
    'quorum local',
  ];
  writeFileSync(layout.policy, `${lines.join('\n')}\n`);
}
