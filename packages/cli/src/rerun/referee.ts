/** Executes versions again on recorded inputs: nothing is served, nothing is done with the answers. */
import { decodeTensors, type Manifest, parseManifest, type Tensor } from '@assay/core';
import type { RuntimeFingerprint, Session } from '@assay/engine';
import { readBlob } from '../content/blob-folder.ts';

/** Versions from a folder of blobs, each loaded once. */
export class Referee implements AsyncDisposable {
  readonly runtime: RuntimeFingerprint;
  readonly #blobs: string;
  readonly #load: (manifest: Manifest, graph: Uint8Array) => Promise<Session>;
  readonly #sessions = new Map<string, Session>();

  /** The engine is loaded only for commands that execute something. */
  static async open(blobs: string): Promise<Referee> {
    const { OnnxEngine } = await import('@assay/engine');
    const monotonicMicros = (): number => performance.now() * 1_000;
    const engine = new OnnxEngine({ intraOpThreads: 1, interOpThreads: 1, monotonicMicros });
    return new Referee(blobs, engine.fingerprint, (manifest, graph) => engine.load(manifest, graph));
  }

  private constructor(
    blobs: string,
    runtime: RuntimeFingerprint,
    load: (manifest: Manifest, graph: Uint8Array) => Promise<Session>,
  ) {
    this.#blobs = blobs;
    this.runtime = runtime;
    this.#load = load;
  }

  /** What `version` answers to recorded inputs. @throws CliError, ManifestError, EngineError */
  async run(
    version: string,
    inputBytes: Uint8Array,
  ): Promise<{ manifest: Manifest; outputs: readonly Tensor[] }> {
    const session = await this.#session(version);
    const { outputs } = await session.run(decodeTensors(inputBytes));
    return { manifest: session.manifest, outputs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) await session[Symbol.asyncDispose]();
  }

  async #session(version: string): Promise<Session> {
    const known = this.#sessions.get(version);
    if (known !== undefined) return known;
    const manifest = parseManifest(readBlob(this.#blobs, version));
    const session = await this.#load(manifest, readBlob(this.#blobs, manifest.graph.id));
    this.#sessions.set(version, session);
    return session;
  }
}
