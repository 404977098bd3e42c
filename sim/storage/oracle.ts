/** The omniscient observer: looks at the disks' bytes, and holds the bar against what could really be rebuilt. */
import {
  encodePack,
  type Profile,
  planUpload,
  pureKernel,
  type SourceFile,
  type UploadEvent,
} from '@assay/storage';
import type { SimHost } from './host.ts';

interface KnownPack {
  readonly bytes: number;
  readonly shards: readonly Uint8Array[];
}

/** A broken promise, with the moment it was seen. */
export class OracleError extends Error {
  override readonly name = 'OracleError';
}

export class Oracle {
  readonly #packs: readonly KnownPack[];
  readonly #hosts: readonly SimHost[];
  readonly #profile: Profile;
  #bar = 0;
  #sealed = false;

  private constructor(packs: readonly KnownPack[], hosts: readonly SimHost[], profile: Profile) {
    this.#packs = packs;
    this.#hosts = hosts;
    this.#profile = profile;
  }

  /** Encodes the files a second time with the pure kernel: the simulation shares no bytes with its judge. */
  static async of(
    files: readonly SourceFile[],
    world: { hosts: readonly SimHost[]; profile: Profile; packBytes: number },
  ): Promise<Oracle> {
    const { hosts, profile, packBytes } = world;
    const plan = await planUpload(files, { packBytes });
    const packs: KnownPack[] = [];
    for (const pack of plan.packs) {
      const { shards } = await encodePack(pack, files, { kernel: pureKernel(), profile });
      packs.push({ bytes: pack.packLen, shards });
    }
    return new Oracle(packs, hosts, profile);
  }

  /** The bar as last seen, in bytes. */
  get bar(): number {
    return this.#bar;
  }

  /** How many disks hold an intact shard of the pack, each shard counted once. */
  intact(pack: number): number {
    const shards = (this.#packs[pack] as KnownPack).shards;
    return shards.filter((shard) => this.#hosts.some((host) => host.disk.holds(shard))).length;
  }

  /** Checks P1, P2 and P5 after an event. @throws OracleError */
  see(event: UploadEvent): void {
    if (event.type !== 'progress') return;
    const { view, changes } = event;
    let fell = 0;
    for (const change of changes) {
      if (change.type === 'regression') fell += change.bytes;
      if (change.type === 'sealed') this.#sealed = true;
    }
    const bar = view.certified + view.reused;
    if (this.#bar - bar > fell)
      this.#fail(`the bar fell by ${this.#bar - bar} bytes, ${fell} of them explained`);
    if (view.sealed !== this.#sealed) this.#fail('sealed without the certificate, or the other way round');
    this.#bar = bar;
    if (!view.sealed) this.#checkRebuildable(bar);
  }

  /** P1: the bar is at most what could be rebuilt after losing any f nodes, those lost already among them. */
  #checkRebuildable(bar: number): void {
    const lost = this.#hosts.filter(({ faulty, liar }) => faulty || liar).length;
    const further = Math.max(0, this.#profile.f - lost);
    const safe = this.#packs.reduce(
      (sum, { bytes }, pack) => sum + (this.intact(pack) - further >= this.#profile.k ? bytes : 0),
      0,
    );
    if (bar > safe) this.#fail(`the bar shows ${bar} bytes, of which ${safe} would survive`);
  }

  #fail(what: string): never {
    throw new OracleError(what);
  }
}
