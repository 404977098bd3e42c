/** The ten fault scenarios of the storage design, in virtual time: real client, real node engines, simulated world. */
import { hex, sha256, utf8 } from '@assay/core';
import { describe, expect, it } from 'vitest';
import type { SimHost } from '../../../sim/storage/host.ts';
import { World } from '../../../sim/storage/world.ts';
import {
  CODEC,
  Custody,
  encodePackHeader,
  InconsistentEncoding,
  PROFILES,
  packId,
  pureKernel,
  readContext,
  ReedSolomon,
  rendezvous,
  ShardReader,
  shardRoot,
  verifyBlobCertificate,
  verifyFraudProof,
} from '../src/index.ts';
import { noise } from './model-files.ts';

const host = (world: World, at: number): SimHost => world.hosts[at] as SimHost;
const later = (world: World, ms: number, run: () => void): void => world.scheduler.after(ms, run);

describe('ten scenarios, 6 nodes, k=4 f=1 q=5', () => {
  it('0. healthy: certified, sealed, read back, nothing regresses', async () => {
    const world = await World.create({ seed: 1 });
    const result = await world.finish(world.startUpload());
    verifyBlobCertificate(result.certificate, world.committee);
    expect(world.oracle.bar).toBe(world.totalBytes);
    expect(world.views().at(-1)).toMatchObject({ sealed: true, health: 6 });
    expect(world.regressions()).toEqual([]);
    expect((await world.readBack(result)).same).toBe(true);
  });

  it('1. a node is frozen at 25 % for ever: the bar never falls, and the upload takes at most 1.3 times as long', async () => {
    const time = async (freeze: boolean): Promise<World> => {
      const world = await World.create({ seed: 2, packs: 64 });
      if (freeze) world.atShare(0.25, () => host(world, 3).freeze());
      const result = await world.finish(world.startUpload());
      expect(result.hedgedBytes).toBeLessThanOrEqual(world.totalBytes * 0.05);
      return world;
    };
    const healthy = await time(false);
    const frozen = await time(true);
    expect(frozen.regressions()).toEqual([]);
    expect(frozen.oracle.bar).toBe(frozen.totalBytes);
    expect(frozen.views().at(-1)?.health).toBe(5);
    expect(frozen.events).toContainEqual({ type: 'node', node: host(frozen, 3).id, state: 'stalled' });
    expect(frozen.scheduler.now()).toBeLessThan(healthy.scheduler.now() * 1.3);
  });

  it('2. a node is wiped at 50 %: exactly the packs without a sixth receipt regress, explained, and come back', async () => {
    const world = await World.create({ seed: 3, packs: 24 });
    // With node 5 frozen from the start every pack has exactly five receipts, node 3's among them.
    host(world, 5).freeze();
    let certifiedAtWipe = 0;
    world.atShare(0.5, () => {
      certifiedAtWipe = world.oracle.bar;
      host(world, 3).wipe();
      later(world, 300, () => void host(world, 3).start());
    });
    const result = await world.finish(world.startUpload());
    const fell = world.regressions();
    expect(fell.every(({ cause }) => cause === 'lost-ack')).toBe(true);
    expect(new Set(fell.map(({ pack }) => pack)).size).toBe(fell.length);
    expect(fell.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThanOrEqual(certifiedAtWipe);
    expect(world.oracle.bar).toBe(world.totalBytes);
    expect((await world.readBack(result)).same).toBe(true);
  });

  it('2b. the same wipe when every pack had six receipts lowers health only, never the bar', async () => {
    const world = await World.create({ seed: 4, packs: 12 });
    let whole = false;
    world.onEvent((event) => {
      if (
        whole ||
        event.type !== 'progress' ||
        event.view.certified !== world.totalBytes ||
        event.view.health < 6
      )
        return;
      whole = true;
      host(world, 3).wipe();
      void host(world, 3).start();
    });
    await world.finish(world.startUpload());
    expect(whole).toBe(true);
    expect(world.regressions()).toEqual([]);
  });

  it('3. kill -9 at 50 %, same disk, back in 2 s: no regression, and no second copy of anything', async () => {
    const world = await World.create({ seed: 5, packs: 48 });
    world.atShare(0.5, () => {
      host(world, 3).kill();
      later(world, 2_000, () => void host(world, 3).start());
    });
    const result = await world.finish(world.startUpload());
    expect(world.regressions()).toEqual([]);
    await world.scheduler.until(world.scheduler.sleep(3_000), 10_000);
    const { shards, bytes } = host(world, 3).engine?.usage ?? { shards: 0, bytes: 0 };
    expect(shards).toBeGreaterThan(10);
    expect(bytes).toBeLessThanOrEqual(shards * 512 + 16_384);
    expect((await world.readBack(result)).same).toBe(true);
  });

  it('4. power cuts during group commits: what was signed for is there, over 8 seeds', async () => {
    for (let seed = 100; seed < 108; seed++) {
      const world = await World.create({ seed, packs: 8 });
      for (const at of [60, 190, 350]) {
        later(world, at + world.random() * 80, () => {
          host(world, 3).powerCut();
          later(world, 40, () => void host(world, 3).start());
        });
      }
      const result = await world.finish(world.startUpload());
      expect(world.regressions()).toEqual([]);
      expect((await world.readBack(result)).same).toBe(true);
    }
  });

  it('5. the client is killed at 60 % and starts again: the bar resumes where it was, little is sent twice', async () => {
    const window = 2;
    const world = await World.create({ seed: 6, packs: 24, window });
    world.atShare(0.6, () => world.killClient());
    await expect(world.finish(world.startUpload())).rejects.toThrow(/aborted/);
    const shown = world.oracle.bar;
    const before = world.events.length;
    const result = await world.finish(world.startUpload());
    const [first] = world.events
      .slice(before)
      .flatMap((event) => (event.type === 'progress' ? [event.view] : []));
    expect(shown).toBeGreaterThanOrEqual(0.6 * world.totalBytes);
    expect(first?.certified).toBe(shown);
    expect(world.regressions()).toEqual([]);
    // Beyond one put per shard and page: the packs that were in the window, and those certified since the last sync.
    const pages = 4 * 6;
    expect(world.puts() - 24 * 6).toBeLessThanOrEqual(pages + 8 * window * 6);
    const same = await World.create({ seed: 6, packs: 24, window });
    expect(hex((await same.finish(same.startUpload())).blobId)).toBe(hex(result.blobId));
  });

  it('6. f + 1 nodes down: certified stops, recoverable rises, nothing fails; a node returns and it completes', async () => {
    const world = await World.create({ seed: 7, packs: 16 });
    world.atShare(0.25, () => [1, 2].forEach((at) => host(world, at).kill()));
    const running = world.startUpload();
    await expect(world.scheduler.until(running, 600_000)).rejects.toThrow(/not finished/);
    const stuck = world.views().at(-1);
    expect(world.events).toContainEqual({ type: 'waiting', have: 4, need: 5 });
    expect(stuck?.certified).toBeLessThan(world.totalBytes);
    expect(world.regressions()).toEqual([]);
    const [puts, recoverable] = [world.puts(), Math.max(...world.views().map((view) => view.recoverable))];
    void host(world, 1).start();
    const result = await world.finish(running);
    expect(recoverable).toBeGreaterThan(stuck?.certified ?? 0);
    // Only node 1 lacked shards: what the others acknowledged was not sent again.
    const pages = 4 * 6;
    expect(world.puts() - puts).toBeLessThanOrEqual(16 + pages);
    host(world, 3).kill();
    await expect(world.readBack(result).then(({ same }) => same)).resolves.toBe(true);
    host(world, 4).kill();
    await expect(world.readBack(result)).rejects.toThrow(/not-enough-shards.*of the 4/);
  });

  it('7. one byte rots after the seal: reads go around it and name it; scrub says so; repair makes it whole', async () => {
    const world = await World.create({ seed: 8, packs: 4 });
    const result = await world.finish(world.startUpload());
    const pack = result.manifest.packs[1] as (typeof result.manifest.packs)[number];
    const order = rendezvous(world.committee, packId(pack)).map(hex);
    const victim = world.hosts.find(({ id }) => hex(id) === order[1]) as SimHost;
    const shard = await world.scheduler.until(
      victim.getLeaves(packId(pack), { index: 1, range: { from: 0, to: 1 } }),
      1_000,
    );
    expect(victim.disk.rot(shard.bytes)).toBe(true);
    const { same, events } = await world.readBack(result);
    expect(same).toBe(true);
    expect(events).toContainEqual({ type: 'corrupt-shard', node: victim.id, packId: packId(pack), index: 1 });
    using custody = new Custody(result.manifest, result.packCertificates, world.readerOptions());
    expect(custody.health().least).toBe(6);
    const stones = await world.scheduler.until(victim.engine?.scrub() ?? Promise.resolve([]), 1_000);
    expect(custody.heed(stones)).toMatchObject([{ type: 'health', live: 5 }]);
    expect(await world.scheduler.until(custody.repair(), 60_000)).toBe(1);
    expect(custody.health()).toEqual({ least: 6, of: 6, belowQuorum: 0 });
    expect(world.views().at(-1)?.sealed).toBe(true);
  });

  it('8. a node acknowledges everything and stores nothing: the first challenge convicts it, repair uses the spare', async () => {
    const world = await World.create({ seed: 9, nodes: 7, packs: 6 });
    const liar = host(world, 2);
    liar.liar = true;
    const result = await world.finish(world.startUpload());
    expect((await world.readBack(result)).same).toBe(true);
    using custody = new Custody(result.manifest, result.packCertificates, world.readerOptions());
    const { events } = await world.scheduler.until(custody.audit(sha256(utf8('drawn afterwards'))), 60_000);
    const signed = result.packCertificates.filter(({ receipts }) => {
      return receipts.some(({ receipt }) => Buffer.from(receipt).includes(Buffer.from(liar.id)));
    });
    expect(signed.length).toBeGreaterThan(2);
    expect(events).toHaveLength(signed.length);
    for (const event of events)
      expect(event).toMatchObject({ node: hex(liar.id), evidence: { cause: 'failed-challenge' } });
    expect(custody.health().least).toBeLessThan(6);
    liar.kill();
    await world.scheduler.until(custody.repair(), 120_000);
    expect(custody.health()).toEqual({ least: 6, of: 6, belowQuorum: 0 });
    expect((await world.readBack(result)).same).toBe(true);
  });

  it('8b. two such nodes are outside the model (f = 1): the challenge names both', async () => {
    const world = await World.create({ seed: 10, packs: 4 });
    // Without the oracle's promise: with two liars five receipts may stand for three shards.
    for (const at of [1, 2]) host(world, at).liar = true;
    const running = world.startUpload();
    const result = await world.scheduler.until(running, 600_000);
    using custody = new Custody(result.manifest, result.packCertificates, world.readerOptions());
    const { events } = await world.scheduler.until(custody.audit(sha256(utf8('later'))), 60_000);
    const named = new Set(
      events.flatMap((event) => (event.type === 'health' || event.type === 'regression' ? [event.node] : [])),
    );
    expect(named).toEqual(new Set([1, 2].map((at) => hex(host(world, at).id))));
  });

  it('9. a disk fills up: no receipt for what is not on it, the spare takes over, the bar never falls', async () => {
    const capacity = [1e8, 1e8, 1e8, 1e8, 33_000, 1e8, 1e8];
    const world = await World.create({ seed: 11, nodes: 7, packs: 60, capacity });
    const result = await world.finish(world.startUpload());
    expect(world.events).toContainEqual({ type: 'node', node: host(world, 4).id, state: 'full' });
    expect(world.regressions()).toEqual([]);
    const spares = result.packCertificates.flatMap(({ packId: id, receipts }) => {
      const assigned = rendezvous(world.committee, id).slice(0, 6).map(hex);
      return receipts.filter(({ receipt }) => !assigned.some((node) => hex(receipt).includes(node)));
    });
    expect(spares.length).toBeGreaterThan(0);
    expect((await world.readBack(result)).same).toBe(true);
  });

  it('10. slow, lossy, repeating network and a 5 s partition: identical bytes, no regression, packs in any order', async () => {
    let outOfOrder = 0;
    for (let seed = 200; seed < 206; seed++) {
      const network = { latency: 50, jitter: 20, loss: 0.05, duplicates: 0.1 };
      const world = await World.create({ seed, packs: 12, network, window: 4 });
      world.atShare(0.3, () => {
        for (const at of [1, 2]) host(world, at).partition();
        later(world, 5_000, () => [1, 2].forEach((at) => host(world, at).heal()));
      });
      const result = await world.finish(world.startUpload());
      expect(world.regressions()).toEqual([]);
      expect(world.oracle.bar).toBe(world.totalBytes);
      const order = world.events
        .flatMap((e) => (e.type === 'progress' ? e.changes : []))
        .flatMap((c) => (c.type === 'certified' ? [c.pack] : []));
      expect(new Set(order).size).toBe(order.length);
      if (order.some((pack, i) => i > 0 && pack < (order[i - 1] as number))) outOfOrder++;
      expect((await world.readBack(result)).same).toBe(true);
    }
    expect(outOfOrder).toBeGreaterThan(1);
  });

  it('a maker who commits to wrong parity is convicted by proof, and never shows two plaintexts', async () => {
    const world = await World.create({ seed: 12 });
    const { k, n } = PROFILES.local;
    const data = Array.from({ length: k }, (_, i) => noise(512, i));
    const parity = [new Uint8Array(512), new Uint8Array(512)];
    new ReedSolomon({ k, n }, pureKernel()).encode(data, parity);
    const shards = [...data, parity[0] as Uint8Array, noise(512, 99)];
    const header = { codec: CODEC.cauchy, k, n, shardLen: 512, packLen: 2_048, roots: shards.map(shardRoot) };
    const order = rendezvous(world.committee, packId(header)).map(hex);
    for (const [index, body] of shards.entries()) {
      const holder = world.hosts.find(({ id }) => hex(id) === order[index]) as SimHost;
      await world.scheduler.until(
        holder.putShard({ header: encodePackHeader(header), index, body, session: 's' }),
        1_000,
      );
    }
    world.hosts.find(({ id }) => hex(id) === order[0])?.kill();
    // Three data shards, one good and one false parity: whichever parity is used, the answer is right or an accusation.
    const abort = new AbortController();
    const reader = new ShardReader(header, readContext(world.readerOptions(), abort.signal));
    world.hosts.find(({ id }) => hex(id) === order[4])?.kill();
    const attempt = world.scheduler.until(reader.rebuild([0]), 60_000);
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    abort.abort();
    expect(error).toBeInstanceOf(InconsistentEncoding);
    const { proof } = error as InconsistentEncoding;
    expect(verifyFraudProof(proof, header, pureKernel())).toBe(true);
    const honest = { ...header, roots: [...header.roots.slice(0, 5), shardRoot(parity[1] as Uint8Array)] };
    expect(verifyFraudProof({ ...proof, header: encodePackHeader(honest) }, honest, pureKernel())).toBe(
      false,
    );
  });
});
