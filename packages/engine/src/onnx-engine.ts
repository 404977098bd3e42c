/** Loads ONNX versions into ONNX Runtime with fixed options, so that nothing but the manifest shapes an answer. */
import type { Manifest } from '@assay/core';
import { InferenceSession } from 'onnxruntime-node';
import { EngineError } from './errors.ts';
import { type RuntimeFingerprint, runtimeFingerprint } from './fingerprint.ts';
import { checkGraphBytes, checkGraphSchema, checkSupported } from './session/check-graph.ts';
import { OnnxSession, type Session } from './session/session.ts';

/** What the operator chooses. Everything else that could change an answer is fixed here or in the manifest. */
export interface EngineOptions {
  /** Threads inside one operator, at least 1. Given, never guessed from the machine: it can change last bits. */
  readonly intraOpThreads: number;
  /** Threads across operators, at least 1. */
  readonly interOpThreads: number;
  /** A clock that only runs forward, in microseconds, for measuring. */
  readonly monotonicMicros: () => number;
}

/**
 * Native ONNX Runtime on the CPU.
 *
 * @example
 * ```ts
 * const engine = new OnnxEngine({ intraOpThreads: 1, interOpThreads: 1, monotonicMicros: () => performance.now() * 1e3 });
 * await using session = await engine.load(manifest, graph);
 * const { outputs } = await session.run([tensorOf({ name: 'x', datatype: 'FP32', shape: [1, 1] }, Float32Array.of(2))]);
 * ```
 */
export class OnnxEngine {
  /** What runs here; stands in every receipt. */
  readonly fingerprint: RuntimeFingerprint;
  readonly #options: EngineOptions;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.fingerprint = runtimeFingerprint(options.intraOpThreads);
  }

  /**
   * Loads the version that `manifest` describes.
   *
   * @param graph the exact blob that `manifest.graph` names
   * @throws EngineError `graph-digest` | `unsupported` | `graph-load` | `graph-schema`
   */
  async load(manifest: Manifest, graph: Uint8Array): Promise<Session> {
    checkGraphBytes(manifest, graph);
    checkSupported(manifest);
    const ort = await this.#open(graph);
    try {
      checkGraphSchema(manifest, ort);
    } catch (error) {
      await ort.release();
      throw error;
    }
    return new OnnxSession(manifest, ort, this.#options.monotonicMicros);
  }

  async #open(graph: Uint8Array): Promise<InferenceSession> {
    try {
      return await InferenceSession.create(graph, {
        executionProviders: ['cpu'],
        intraOpNumThreads: this.#options.intraOpThreads,
        interOpNumThreads: this.#options.interOpThreads,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // Silence: what the runtime has to say arrives as an error.
        logSeverityLevel: 4,
      });
    } catch (cause) {
      throw new EngineError('graph-load', {
        what: (cause as Error).message,
        where: 'graph blob',
        fix: 'Check the model with the ONNX checker; it must use operators of ONNX Runtime 1.30.',
        cause,
      });
    }
  }
}
