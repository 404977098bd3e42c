/** One random life of an upload from one seed: faults within the model, a client that may die, the oracle throughout. */
import { type UploadResult, verifyBlobCertificate } from '@assay/storage';
import type { SimHost } from './host.ts';
import { seeded } from './sim-disk.ts';
import { World } from './world.ts';

/** What a seed did, for whoever replays it. */
export interface FuzzReport {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly virtualMs: number;
  readonly regressions: number;
  readonly clientKills: number;
}

const HORIZON_MS = 2_500;

/** @throws OracleError, or what the protocol threw, when a promise is broken */
export async function fuzz(seed: number): Promise<FuzzReport> {
  const random = seeded(seed ^ 0x5eed);
  const pick = (most: number): number => Math.floor(random() * most);
  const network = {
    latency: 5 + pick(60),
    jitter: pick(5),
    loss: random() * 0.08,
    duplicates: random() * 0.2,
  };
  const world = await World.create({
    seed,
    nodes: 6 + pick(2),
    packs: 2 + pick(5),
    network,
    window: 1 + pick(3),
  });
  const faults = planFaults(world, { random, pick });
  const kills = pick(3);
  const result = await runClients(world, { kills, random });
  verifyBlobCertificate(result.certificate, world.committee);
  if (world.oracle.bar !== world.totalBytes)
    throw new Error(`sealed at ${world.oracle.bar} of ${world.totalBytes} bytes`);
  await world.scheduler.until(world.scheduler.sleep(HORIZON_MS * 3), HORIZON_MS * 4);
  const { same } = await world.readBack(result);
  if (!same) throw new Error('the bytes read back are not those that were stored');
  return {
    seed,
    faults,
    virtualMs: world.scheduler.now(),
    regressions: world.regressions().length,
    clientKills: kills,
  };
}

interface Dice {
  readonly random: () => number;
  readonly pick: (most: number) => number;
}

/** At most f nodes ever lose or deny what they signed; any node may freeze, die, lose power or be cut off for a while. */
function planFaults(world: World, { random, pick }: Dice): string[] {
  const log: string[] = [];
  const victim = pick(world.hosts.length);
  const host = (at: number): SimHost => world.hosts[at] as SimHost;
  const schedule = (at: number, what: string, act: () => void): void => {
    log.push(`${Math.round(at)} ms: ${what}`);
    world.scheduler.after(at, act);
  };
  if (random() < 0.2) {
    host(victim).liar = true;
    log.push(`node ${victim} lies`);
  }
  for (let left = pick(6); left > 0; left--) {
    const [node, at, lasts] = [pick(world.hosts.length), random() * HORIZON_MS, random() * HORIZON_MS];
    const revive = (): void => void (host(node).engine ?? host(node).start());
    const [name, hurt, mend] = (
      [
        ['freezes', () => host(node).freeze(), () => host(node).thaw()],
        ['is cut off', () => host(node).partition(), () => host(node).heal()],
        ['is killed', () => host(node).kill(), revive],
        ['loses power', () => host(node).powerCut(), revive],
        ['is wiped', () => (node === victim ? host(node).wipe() : host(node).kill()), revive],
      ] as const
    )[pick(5)] as readonly [string, () => void, () => void];
    schedule(at, `node ${node} ${name}`, hurt);
    schedule(at + lasts, `node ${node} is back`, mend);
  }
  return log;
}

/** Runs the upload, killing the client a few times; each new client goes on from the journal. */
async function runClients(
  world: World,
  { kills, random }: { kills: number; random: () => number },
): Promise<UploadResult> {
  for (let left = kills; left > 0; left--) {
    world.scheduler.after(random() * HORIZON_MS, () => world.killClient());
    const outcome = await attempt(world);
    if (outcome !== undefined) return outcome;
  }
  return world.finish(world.startUpload(), 1_800_000);
}

async function attempt(world: World): Promise<UploadResult | undefined> {
  try {
    return await world.finish(world.startUpload(), 1_800_000);
  } catch (error) {
    if ((error as { code?: string }).code === 'aborted') return undefined;
    throw error;
  }
}
