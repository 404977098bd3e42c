/** Executes versions again on recorded inputs: nothing is served, nothing is done with the answers. */
import { decodeTensors, type Manifest, type Tensor } from '@assay/core';
import type { RuntimeFingerprint, Session } from '@assay/engine';
import type { VersionStore } from '@assay/services';

/** Versions from storage, each loaded once. */
export class Referee implements AsyncDisposable {
  readonly runtime: RuntimeFingerprint;
  readonly #versions: VersionStore;
  readonly #load: (manifest: Manifest, graph: Uint8Array) => Promise<Session>;
  readonly #sessions = new Map<string, Session>();

  /** The engine is loaded only for commands that execute something. */
  static async open(versions: VersionStore): Promise<Referee> {
    const { OnnxEngine } = await import('@assay/engine');
    const monotonicMicros = (): number => performance.now() * 1_000;
    const engine = new OnnxEngine({ intraOpThreads: 1, interOpThreads: 1, monotonicMicros });
    return new Referee(versions, engine.fingerprint, (manifest, graph) => engine.load(manifest, graph));
  }

  private constructor(
    versions: VersionStore,
    runtime: RuntimeFingerprint,
    load: (manifest: Manifest, graph: Uint8Array) => Promise<Session>,
  ) {
    this.#versions = versions;
    this.runtime = runtime;
    this.#load = load;
  }

  /** What `version` answers to recorded inputs. @throws ContentError, ManifestError, EngineError */
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
    const { manifest, graph } = await this.#versions.version(version);
    const session = await this.#load(manifest, graph);
    this.#sessions.set(version, session);
    return session;
  }
}
