/** The model's owner: publishes versions, moves the channel, and opens the incident. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commit, manifestBytes, type Predicate, utf8, WEIGHT_TOTAL } from '@assay/core';
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

  async create(): Promise<void> {
    await this.#stage.owner.say('model.create', { model: this.model });
  }

  /** Puts the files where nodes find them, then says so. */
  async publish(label: Label): Promise<void> {
    const version = loadVersion(label);
    this.#keep(version.version, manifestBytes(version.manifest));
    this.#keep(version.manifest.graph.id, version.graph);
    const specs = (tensors: CommittedVersion['manifest']['inputs']): Predicate<'version.publish'>['inputs'] =>
      tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
    await this.#stage.owner.say('version.publish', {
      model: this.model,
      version: version.version,
      label,
      blob: version.manifest.graph,
      inputs: specs(version.manifest.inputs),
      outputs: specs(version.manifest.outputs),
      licence: 'Apache-2.0',
    });
    this.#versions.set(label, version);
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

  #keep(digest: string, bytes: Uint8Array): void {
    const folder = join(this.#stage.dir, 'blobs', 'sha256');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, digest.slice('sha256:'.length));
    // Written aside and renamed: a node that looks meanwhile sees all of it or nothing.
    writeFileSync(`${path}.new`, bytes);
    renameSync(`${path}.new`, path);
  }
}
