/** One loaded version: checks inputs, runs them one call at a time, checks outputs. */
import { fitsShape, type Manifest, type Tensor } from '@assay/core';
import type { InferenceSession } from 'onnxruntime-node';
import { EngineError } from '../errors.ts';
import { checkInputs, describeSchema } from './check-inputs.ts';
import { fromOrt, toOrt } from './ort-tensor.ts';
import { Turns } from './turns.ts';

/** What one run gave. */
export interface RunResult {
  /** In the order of the manifest, or of the names asked for. */
  readonly outputs: readonly Tensor[];
  /** Time inside the runtime, without waiting for a turn. Goes into the receipt's usage. */
  readonly computeMicros: number;
}

/** A version that can answer. Every engine gives these; ONNX is the first. */
export interface Session extends AsyncDisposable {
  readonly manifest: Manifest;
  /**
   * Runs the version on `inputs`.
   *
   * @param outputs names of the outputs wanted; all when absent
   * @throws EngineError an `input-…` code or `output-name` before anything runs; else `run`, `output-schema`, `disposed`
   */
  run(inputs: readonly Tensor[], outputs?: readonly string[]): Promise<RunResult>;
}

/** A session in ONNX Runtime. Made by `OnnxEngine.load`, which has checked graph and manifest against each other. */
export class OnnxSession implements Session {
  readonly manifest: Manifest;
  readonly #ort: InferenceSession;
  readonly #monotonicMicros: () => number;
  readonly #turns = new Turns();
  #disposed = false;

  constructor(manifest: Manifest, ort: InferenceSession, monotonicMicros: () => number) {
    this.manifest = manifest;
    this.#ort = ort;
    this.#monotonicMicros = monotonicMicros;
  }

  async run(inputs: readonly Tensor[], outputs?: readonly string[]): Promise<RunResult> {
    if (this.#disposed) throw closed();
    checkInputs(this.manifest, inputs);
    const wanted = outputs ?? this.manifest.outputs.map((schema) => schema.name);
    this.#checkWanted(wanted);
    const feeds = Object.fromEntries(inputs.map((tensor) => [tensor.name, toOrt(tensor)]));
    return this.#turns.take(() => this.#execute(feeds, wanted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    // Runs that were accepted still get their answer.
    await this.#turns.idle;
    await this.#ort.release();
  }

  #checkWanted(wanted: readonly string[]): void {
    const known = this.manifest.outputs.map((schema) => schema.name);
    const wrong = wanted.find((name, index) => !known.includes(name) || wanted.indexOf(name) !== index);
    if (wrong === undefined && wanted.length > 0) return;
    throw new EngineError('output-name', {
      what:
        wrong === undefined ? 'no output is asked for' : `output "${wrong}" does not exist or is named twice`,
      where: 'outputs',
      fix: `The version gives ${this.manifest.outputs.map(describeSchema).join(', ')}.`,
    });
  }

  async #execute(feeds: InferenceSession.FeedsType, wanted: readonly string[]): Promise<RunResult> {
    const started = this.#monotonicMicros();
    const results = await this.#ort.run(feeds, wanted).catch((cause: unknown) => {
      throw new EngineError('run', { what: (cause as Error).message, where: this.manifest.graph.id, cause });
    });
    const computeMicros = Math.max(0, Math.round(this.#monotonicMicros() - started));
    return { outputs: wanted.map((name) => this.#output(name, results)), computeMicros };
  }

  #output(name: string, results: InferenceSession.ReturnType): Tensor {
    const schema = this.manifest.outputs.find((output) => output.name === name);
    const ort = results[name];
    const tensor = ort === undefined ? undefined : fromOrt(name, ort);
    if (tensor?.datatype === schema?.datatype && tensor !== undefined && schema !== undefined) {
      if (fitsShape(tensor.shape, schema.shape)) return tensor;
    }
    throw new EngineError('output-schema', {
      what: `the graph gave ${tensor === undefined ? 'nothing' : describeSchema({ ...tensor, shape: [...tensor.shape] })}`,
      where: `output "${name}"`,
      fix: 'The manifest does not describe this graph; withdraw the version.',
    });
  }
}

const closed = (): EngineError =>
  new EngineError('disposed', { what: 'the session is closed', fix: 'Load the version again.' });
