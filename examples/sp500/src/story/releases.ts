/** The model's owner: publishes versions, moves the channel, and opens the incident. */
import { join } from 'node:path';
import { commit, hex, type Predicate, randomBytes, systemClock, utf8, WEIGHT_TOTAL } from '@assay/core';
import {
  certificatePredicate,
  connectStorage,
  readStorageNetwork,
  storeFiles,
  versionFiles,
} from '@assay/services';
import { memorySource } from '@assay/storage';
import { type CommittedVersion, type Label, loadVersion } from '../index.ts';
import type { Stage } from './stage.ts';

/** Short name of the story's model. */
export const MODEL = 'sp500-vol';

/** Acts for the owner. */
export class Releases {
  readonly #stage: Stage;
  readonly #versions = new Map<Label, CommittedVersion>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get model(): string {
    return `${this.#stage.owner.keyId}/${MODEL}`;
  }

  get channel(): string {
    return `${this.model}/prod`;
  }

  digest(label: Label): string {
    const version = this.#versions.get(label);
    if (version === undefined) throw new Error(`${label} is not published yet`);
    return version.version;
  }

  /** Whether a version is the one of this label. */
  isLabel(version: string, label: Label): boolean {
    return this.#versions.get(label)?.version === version;
  }

  async create(): Promise<void> {
    await this.#stage.owner.say('model.create', { model: this.model });
  }

  /** Stores the version on the storage nodes, logs what they signed, then announces it. */
  async publish(label: Label): Promise<void> {
    const version = loadVersion(label);
    this.#versions.set(label, version);
    // Stored and announced by a telling that was cut short: once is enough.
    if (this.#stage.follower.registry.models.version(version.version) !== undefined) return;
    const blob = await this.#store(version);
    const specs = (tensors: CommittedVersion['manifest']['inputs']): Predicate<'version.publish'>['inputs'] =>
      tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
    await this.#stage.owner.say('version.publish', {
      model: this.model,
      version: version.version,
      label,
      blob,
      inputs: specs(version.manifest.inputs),
      outputs: specs(version.manifest.outputs),
      licence: 'Apache-2.0',
    });
  }

  /** Moves the channel and waits until witnesses saw it. Returns the decision's record id. */
  async decide(step: string, shares: Partial<Record<Label, number>>, incident?: string): Promise<string> {
    const to = Object.fromEntries(
      Object.entries(shares).map(([label, percent]) => [
        this.digest(label as Label),
        (percent * WEIGHT_TOTAL) / 100,
      ]),
    );
    const { owner } = this.#stage;
    const because = commit(owner.salt(`${step} because`), 'note', utf8(step));
    const id = await owner.say('channel.decide', {
      channel: this.channel,
      to,
      because,
      nonce: owner.nonce(step),
      ...(incident === undefined ? {} : { incident }),
    });
    await this.#stage.witnessed(id);
    return id;
  }

  /** A non-reliance notice for a version, from the moment its first decision was recorded. */
  async flag(label: Label, firstDecision: string): Promise<string> {
    const { owner, follower } = this.#stage;
    const index = follower.indexOf(firstDecision) ?? 0;
    const from = follower.registry.time.recordedAt(index) ?? 0;
    const because = commit(
      owner.salt('incident because'),
      'note',
      utf8('two input columns swapped in preprocessing'),
    );
    const id = await owner.say('incident.open', {
      versions: [this.digest(label)],
      from,
      because,
      nonce: owner.nonce('incident'),
    });
    await this.#stage.witnessed(id);
    return id;
  }

  async #store({ manifest, graph }: CommittedVersion): Promise<Predicate<'version.publish'>['blob']> {
    const { dir, owner } = this.#stage;
    await using connection = connectStorage(readStorageNetwork(join(dir, 'storage.json'), systemClock), {
      clock: systemClock,
      entropy: { bytes: randomBytes },
      signer: owner.signer,
    });
    const files = versionFiles(manifest, new Map([[manifest.graph.id, memorySource(graph)]]));
    const stored = await storeFiles(files, { connection });
    await owner.say('blob.certificate', certificatePredicate(stored, connection.committee));
    return { id: hex(stored.blobId), size: String(stored.certificate.totalBytes) };
  }
}
