/** Manifests: one version, one digest; anything that changes answers changes it. */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../src/bytes.ts';
import {
  type Manifest,
  manifestBytes,
  manifestDigest,
  ManifestError,
  parseManifest,
} from '../src/manifest.ts';

const blob = { id: `sha256:${'ab'.repeat(32)}`, size: '10' };
const manifest: Manifest = {
  schema: 'assay.manifest/v1',
  format: 'onnx',
  graph: blob,
  externalData: [],
  adapters: [],
  tokenizer: null,
  promptTemplate: null,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4], about: 'percent' }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
  preprocessing: { where: 'graph' },
  decoding: {},
  numeric: { mode: 'fp32', nonFinite: 'reject' },
  referee: {
    name: 'onnxruntime-web',
    version: '1.30.0',
    module: `sha256:${'cd'.repeat(32)}`,
    threads: 1,
    optimisation: 'disabled',
    relaxedSimd: false,
  },
  tolerance: { kind: 'uncalibrated', reason: 'no referee has run it yet' },
};

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ManifestError) return error.code;
    throw error;
  }
  return 'accepted';
};
const without = (key: string): Manifest => {
  const { [key as 'decoding']: _dropped, ...rest } = manifest;
  return rest as Manifest;
};

describe('a manifest', () => {
  it('has this digest (golden: changing it renames every version)', () => {
    expect(manifestDigest(manifest)).toBe(
      'sha256:789980fc0f5c137e28265e12eb5caa92cf695ac227c32d0aeea32451ffb4fd31',
    );
  });

  it('has a digest that member order does not change', () => {
    const reversed = Object.fromEntries(Object.entries(manifest).reverse()) as Manifest;
    expect(manifestDigest(reversed)).toBe(manifestDigest(manifest));
  });

  it.each<[string, Manifest]>([
    ['graph', { ...manifest, graph: { ...blob, size: '11' } }],
    ['an adapter', { ...manifest, adapters: [blob] }],
    ['a tokenizer', { ...manifest, tokenizer: blob }],
    ['decoding defaults', { ...manifest, decoding: { temperature: '0.7' } }],
    ['preprocessing', { ...manifest, preprocessing: { where: 'caller' } }],
    ['numeric mode', { ...manifest, numeric: { ...manifest.numeric, mode: 'fp16' } }],
    ['NaN rule', { ...manifest, numeric: { ...manifest.numeric, nonFinite: 'allow' } }],
    ['the referee', { ...manifest, referee: { ...manifest.referee, module: blob.id } }],
    ['the tolerance', { ...manifest, tolerance: { kind: 'exact' } }],
    ['an input', { ...manifest, inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 5] }] }],
  ])('is another version when %s changes', (_, changed) => {
    expect(manifestDigest(changed)).not.toBe(manifestDigest(manifest));
  });

  it('reads back from its bytes', () => {
    expect(parseManifest(manifestBytes(manifest))).toEqual(manifest);
  });

  it('is refused in any spelling but the canonical one', () => {
    expect(code(() => parseManifest(utf8(JSON.stringify(manifest, null, 2))))).toBe('canonical');
    expect(code(() => parseManifest(utf8('{"schema":')))).toBe('json');
    expect(code(() => parseManifest(utf8('{"schema":"a","schema":"b"}')))).toBe('json');
  });

  it.each<[string, unknown]>([
    ['a member nobody knows', { ...manifest, gpu: true }],
    ['a member is missing', without('tolerance')],
    ['two inputs share a name', { ...manifest, inputs: [...manifest.inputs, ...manifest.inputs] }],
    ['a digest is short', { ...manifest, graph: { ...blob, id: 'sha256:ab' } }],
    ['a dimension is below −1', { ...manifest, inputs: [{ name: 'x', datatype: 'FP32', shape: [-2] }] }],
    [
      'τ is a float',
      { ...manifest, tolerance: { kind: 'maxAbsOverRms', tau: 1e-5, inputs: '64', engines: 2 } },
    ],
    [
      'τ came from one engine',
      { ...manifest, tolerance: { kind: 'maxAbsOverRms', tau: '0.00001', inputs: '64', engines: 1 } },
    ],
    ['the referee may use two threads', { ...manifest, referee: { ...manifest.referee, threads: 2 } }],
  ])('is refused when it holds %s', (_, value) => {
    expect(code(() => manifestDigest(value as Manifest))).toBe('schema');
  });
});
