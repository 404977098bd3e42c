/** A real network for the bench: four witnesses, a log, one node and a gateway, each a process, serving the example's v1. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freshId,
  hex,
  type Kind,
  type Manifest,
  manifestDigest,
  parseManifest,
  type Predicate,
  randomBytes,
  signStatement,
  systemClock,
  utf8,
} from '@assay/core';
import { type Identity, loadIdentity } from '@assay/core/node';
import { parsePolicy } from '@assay/log';
import {
  certificatePredicate,
  connectStorage,
  Follower,
  LogClient,
  readStorageNetwork,
  storeFiles,
  versionFiles,
} from '@assay/services';
import { memorySource } from '@assay/storage';
import { bringUp, type RunningNetwork } from '../../packages/cli/src/network/up.ts';
import { nodeName } from '../../packages/cli/src/network/layout.ts';
import { joinEntry } from '../../packages/services/src/participant/index.ts';

const entropy = { bytes: randomBytes };
const WAIT_MS = 20_000;

/** The graph and manifest that are served. */
export interface Served {
  readonly manifestFile: string;
  readonly graphFile: string;
}

/** The running network. */
export interface BenchNetwork {
  readonly gateway: string;
  readonly pids: { readonly gateway: number; readonly node: number; readonly log: number };
  readonly model: string;
  /** Entries in the log, and how many of them witnesses have seen. */
  state(): Promise<{ readonly size: number; readonly witnessed: number }>;
  stop(): Promise<void>;
}

/** Brings it up and waits until the gateway answers for the model. */
export async function startBenchNetwork(served: Served, port: number): Promise<BenchNetwork> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-gateway-'));
  const running = await bringUp({ dir, port, nodes: [nodeName('a')] }, { entropy, tell: () => undefined });
  const follower = followerOf(running);
  try {
    const owner = loadIdentity(running.layout.key('owner'));
    const model = `${owner.keyId}/bench`;
    await publish({ running, follower, owner, model }, served);
    await untilServed(running.layout.gatewayUrl);
    return {
      gateway: running.layout.gatewayUrl,
      pids: pidsOf(running),
      model: 'bench',
      state: async () => {
        await follower.catchUp();
        return { size: follower.registry.size, witnessed: follower.witnessedSize };
      },
      stop: () => stop(running, follower, dir),
    };
  } catch (error) {
    await stop(running, follower, dir);
    throw error;
  }
}

function followerOf({ layout }: RunningNetwork): Follower {
  const policy = parsePolicy(readFileSync(layout.policy));
  const follower = new Follower({
    log: new LogClient(layout.logUrl),
    policy,
    clock: systemClock,
    pollMs: 100,
  });
  follower.start();
  return follower;
}

interface Stage {
  readonly running: RunningNetwork;
  readonly follower: Follower;
  readonly owner: Identity;
  readonly model: string;
}

async function publish(
  { running, follower, owner, model }: Stage,
  { manifestFile, graphFile }: Served,
): Promise<void> {
  const { layout } = running;
  const log = new LogClient(layout.logUrl);
  const append = async (entry: Uint8Array): Promise<string> => (await log.append(entry)).id;
  const say = <K extends Kind>(kind: K, predicate: Predicate<K>): Promise<string> =>
    append(signStatement(kind, predicate, owner.signer));
  const manifest: Manifest = parseManifest(utf8(readFileSync(manifestFile, 'utf8').trim()));
  const version = manifestDigest(manifest);
  await append(joinEntry(owner, { roles: ['owner'], name: 'owner', endpoints: [] }));
  await say('model.create', { model });
  await using connection = connectStorage(readStorageNetwork(layout.storage, systemClock), {
    clock: systemClock,
    entropy,
    signer: owner.signer,
  });
  const graph = memorySource(readFileSync(graphFile));
  const files = versionFiles(manifest, new Map([[manifest.graph.id, graph]]));
  const stored = await storeFiles(files, { connection });
  await say('blob.certificate', certificatePredicate(stored, connection.committee));
  const specs = (tensors: Manifest['inputs']) =>
    tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
  await say('version.publish', {
    model,
    version,
    label: 'v1',
    blob: { id: hex(stored.blobId), size: String(stored.certificate.totalBytes) },
    inputs: specs(manifest.inputs),
    outputs: specs(manifest.outputs),
    licence: 'Apache-2.0',
  });
  const decision = { channel: `${model}/prod`, to: { [version]: 10_000 }, nonce: freshId(entropy) };
  await follower.waitFor(await say('channel.decide', decision), 'witnessed', WAIT_MS);
}

async function untilServed(gateway: string): Promise<void> {
  for (const deadline = performance.now() + WAIT_MS; ;) {
    if ((await fetch(`${gateway}/v2/models/bench/ready`)).ok) return;
    if (performance.now() > deadline) throw new Error('the gateway did not become ready');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function pidsOf({ supervisor }: RunningNetwork): BenchNetwork['pids'] {
  const pid = (name: string): number => supervisor.pids.get(name) ?? 0;
  return { gateway: pid('gateway'), node: pid('node-a'), log: pid('log') };
}

async function stop(running: RunningNetwork, follower: Follower, dir: string): Promise<void> {
  await follower.stop();
  await running.supervisor.stop();
  rmSync(dir, { recursive: true, force: true });
}
