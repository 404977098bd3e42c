/** The ONNX engine on real graphs in the real runtime: what loads, what is refused, what comes out. */
import {
  type Datatype,
  DATATYPES,
  elementsOf,
  frameBytes,
  type Manifest,
  type Tensor,
  tensorOf,
  utf8,
} from '@assay/core';
import { describe, expect, it } from 'vitest';
import { EngineError, isCallerFault, onnxModel } from '../src/index.ts';
import { built, engine, floats, identity, linear, manifestOf } from './graphs.ts';

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const [result] = await Promise.allSettled([work]);
  if (result.status === 'fulfilled') return 'accepted';
  if (result.reason instanceof EngineError) return result.reason.code;
  throw result.reason;
};

describe('loading', () => {
  const { graph, manifest } = linear();

  it('refuses any graph but the one the manifest names', async () => {
    const flipped = graph.slice();
    flipped[graph.length - 20] = (flipped[graph.length - 20] as number) ^ 1;
    expect(await codeOf(engine().load(manifest, flipped))).toBe('graph-digest');
    expect(await codeOf(engine().load({ ...manifest, graph: { ...manifest.graph, size: '1' } }, graph))).toBe(
      'graph-digest',
    );
  });

  it('refuses bytes that are no model', async () => {
    const junk = utf8('this is no model');
    const { inputs, outputs } = manifest;
    expect(await codeOf(engine().load(manifestOf(junk, { inputs, outputs }), junk))).toBe('graph-load');
  });

  const blob = { id: `sha256:${'11'.repeat(32)}`, size: '1' };
  it.each<[string, Partial<Manifest>]>([
    ['weights beside the graph', { externalData: [blob] }],
    ['an adapter', { adapters: [blob] }],
    ['a tokenizer', { tokenizer: blob }],
    ['a prompt template', { promptTemplate: blob }],
    ['a preprocessing program', { preprocessing: { where: 'blob', blob } }],
    ['a decoding default', { decoding: { temperature: '1' } }],
  ])('refuses a manifest with %s, which it would have to leave out', async (_, change) => {
    expect(await codeOf(engine().load({ ...manifest, ...change }, graph))).toBe('unsupported');
  });

  it.each<[string, Partial<Manifest>]>([
    ['another input name', { inputs: [{ name: 'z', datatype: 'FP32', shape: [-1, 2] }] }],
    ['another datatype', { inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 2] }] }],
    ['another width', { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }] }],
    ['a fixed batch', { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }] }],
    ['another rank', { outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }] }],
    ['an input too many', { inputs: [...manifest.inputs, { name: 'z', datatype: 'FP32', shape: [1] }] }],
  ])('refuses a manifest that claims %s', async (_, change) => {
    expect(await codeOf(engine().load({ ...manifest, ...change }, graph))).toBe('graph-schema');
  });

  it('refuses a manifest that hides an output', async () => {
    const two = built({
      name: 'two',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
      outputs: [
        { name: 'y', datatype: 'FP32', shape: [-1] },
        { name: 'z', datatype: 'FP32', shape: [-1] },
      ],
      constants: [],
      nodes: [
        { op: 'Identity', inputs: ['x'], outputs: ['y'] },
        { op: 'Neg', inputs: ['x'], outputs: ['z'] },
      ],
    });
    expect(
      await codeOf(engine().load({ ...two.manifest, outputs: two.manifest.outputs.slice(0, 1) }, two.graph)),
    ).toBe('graph-schema');
    await using session = await engine().load(two.manifest, two.graph);
    const chosen = await session.run([floats('x', [1], [5])], ['z']);
    expect(chosen.outputs.map((tensor) => [tensor.name, ...elementsOf(tensor, 'FP32')])).toEqual([['z', -5]]);
    expect(await codeOf(session.run([floats('x', [1], [5])], ['w']))).toBe('output-name');
    expect(await codeOf(session.run([floats('x', [1], [5])], ['z', 'z']))).toBe('output-name');
    expect(await codeOf(session.run([floats('x', [1], [5])], []))).toBe('output-name');
  });

  it('writes the same graph as the same bytes, and refuses BYTES constants', () => {
    expect(linear().graph).toEqual(linear().graph);
    const text = { name: 't', datatype: 'BYTES', shape: [1], bytes: frameBytes([utf8('a')]) } as const;
    expect(() => onnxModel({ name: 'g', inputs: [], outputs: [], constants: [text], nodes: [] })).toThrow(
      /BYTES/,
    );
  });
});

describe('running', () => {
  it('computes, and measures only the computing', async () => {
    const { graph, manifest } = linear([2, 3]);
    await using session = await engine().load(manifest, graph);
    const { outputs, computeMicros } = await session.run([floats('x', [2, 2], [1, 1, 10, 100])]);
    expect(outputs[0]).toMatchObject({ name: 'y', datatype: 'FP32', shape: [2, 1] });
    expect([...elementsOf(outputs[0] as Tensor, 'FP32')]).toEqual([6, 321]);
    expect(computeMicros).toBe(5);
  });

  const samples: Readonly<Record<Datatype, Tensor>> = {
    BOOL: tensorOf({ name: 'x', datatype: 'BOOL', shape: [2] }, Uint8Array.of(0, 1)),
    INT8: tensorOf({ name: 'x', datatype: 'INT8', shape: [2] }, Int8Array.of(-128, 127)),
    INT16: tensorOf({ name: 'x', datatype: 'INT16', shape: [1] }, Int16Array.of(-32_768)),
    INT32: tensorOf({ name: 'x', datatype: 'INT32', shape: [1] }, Int32Array.of(-(2 ** 31))),
    INT64: tensorOf({ name: 'x', datatype: 'INT64', shape: [1] }, BigInt64Array.of(-(2n ** 63n))),
    UINT8: tensorOf({ name: 'x', datatype: 'UINT8', shape: [1] }, Uint8Array.of(255)),
    UINT16: tensorOf({ name: 'x', datatype: 'UINT16', shape: [1] }, Uint16Array.of(65_535)),
    UINT32: tensorOf({ name: 'x', datatype: 'UINT32', shape: [1] }, Uint32Array.of(2 ** 32 - 1)),
    UINT64: tensorOf({ name: 'x', datatype: 'UINT64', shape: [1] }, BigUint64Array.of(2n ** 64n - 1n)),
    FP16: tensorOf({ name: 'x', datatype: 'FP16', shape: [2] }, Uint16Array.of(0x3c00, 0x8001)),
    FP32: floats('x', [2], [-0, 1e-40]),
    FP64: tensorOf({ name: 'x', datatype: 'FP64', shape: [1] }, Float64Array.of(Number.MIN_VALUE)),
    BYTES: tensorOf({ name: 'x', datatype: 'BYTES', shape: [3] }, [utf8('é'), utf8(''), utf8('\u{1f600}')]),
  };

  it.each(DATATYPES)('carries %s through the runtime bit for bit', async (datatype) => {
    const { graph, manifest } = identity(datatype);
    await using session = await engine().load(manifest, graph);
    const { outputs } = await session.run([samples[datatype]]);
    expect({ ...outputs[0], bytes: [...(outputs[0]?.bytes ?? [])] }).toEqual({
      name: 'y',
      datatype,
      shape: samples[datatype].shape,
      bytes: [...samples[datatype].bytes],
    });
  });

  const x = floats('x', [1, 2], [1, 2]);
  it.each<[string, readonly Tensor[], string]>([
    ['an input nobody knows', [floats('q', [1, 2], [1, 2])], 'input-name'],
    ['an input twice', [x, x], 'input-name'],
    ['no input', [], 'input-missing'],
    [
      'another datatype',
      [tensorOf({ name: 'x', datatype: 'FP64', shape: [1, 2] }, Float64Array.of(1, 2))],
      'input-datatype',
    ],
    ['another width', [floats('x', [1, 3], [1, 2, 3])], 'input-shape'],
    ['another rank', [floats('x', [2], [1, 2])], 'input-shape'],
    ['an empty batch', [floats('x', [0, 2], [])], 'input-shape'],
    ['NaN', [floats('x', [1, 2], [1, Number.NaN])], 'input-not-finite'],
    ['infinity', [floats('x', [1, 2], [Number.NEGATIVE_INFINITY, 0])], 'input-not-finite'],
  ])('refuses %s before anything runs, as the caller’s fault', async (_, inputs, code) => {
    const { graph, manifest } = linear();
    await using session = await engine().load(manifest, graph);
    const [result] = await Promise.allSettled([session.run(inputs)]);
    const error = (result as PromiseRejectedResult).reason as EngineError;
    expect([error.code, isCallerFault(error)]).toEqual([code, true]);
  });

  it('lets NaN in where the manifest does, and refuses BYTES that the runtime would bend', async () => {
    const { graph, manifest } = identity('FP32');
    await using lenient = await engine().load(
      { ...manifest, numeric: { mode: 'fp32', nonFinite: 'allow' } },
      graph,
    );
    const { outputs } = await lenient.run([floats('x', [1], [Number.NaN])]);
    expect([...elementsOf(outputs[0] as Tensor, 'FP32')]).toEqual([Number.NaN]);
    const strings = identity('BYTES');
    await using text = await engine().load(strings.manifest, strings.graph);
    const cut = tensorOf({ name: 'x', datatype: 'BYTES', shape: [1] }, [utf8('a\0b')]);
    expect(await codeOf(text.run([cut]))).toBe('input-element');
    const notText = tensorOf({ name: 'x', datatype: 'BYTES', shape: [1] }, [Uint8Array.of(0xff)]);
    expect(await codeOf(text.run([notText]))).toBe('input-element');
  });

  it('answers many callers at once, each with its own answer, and ends accepted runs before it closes', async () => {
    const { graph, manifest } = linear([1, 0]);
    const session = await engine().load(manifest, graph);
    const runs = Array.from({ length: 50 }, (_, i) => session.run([floats('x', [1, 2], [i, 0])]));
    await session[Symbol.asyncDispose]();
    const answers = await Promise.all(runs);
    expect(answers.map(({ outputs }) => elementsOf(outputs[0] as Tensor, 'FP32')[0])).toEqual(
      runs.map((_, i) => i + 1),
    );
    expect(await codeOf(session.run([x]))).toBe('disposed');
  });

  it('keeps an answer as it was when later runs reuse the runtime’s memory', async () => {
    const { graph, manifest } = linear([1, 1]);
    await using session = await engine().load(manifest, graph);
    const first = await session.run([floats('x', [1, 2], [1, 1])]);
    for (let i = 0; i < 20; i++) await session.run([floats('x', [1, 2], [i, 100])]);
    expect([...elementsOf(first.outputs[0] as Tensor, 'FP32')]).toEqual([3]);
  });

  it('reports a failure inside the runtime as such, not as the caller’s', async () => {
    const { graph, manifest } = built({
      name: 'reshape',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2] }],
      constants: [tensorOf({ name: 's', datatype: 'INT64', shape: [2] }, BigInt64Array.of(2n, 2n))],
      nodes: [{ op: 'Reshape', inputs: ['x', 's'], outputs: ['y'] }],
    });
    await using session = await engine().load(manifest, graph);
    const [result] = await Promise.allSettled([session.run([floats('x', [3], [1, 2, 3])])]);
    const error = (result as PromiseRejectedResult).reason as EngineError;
    expect([error.code, isCallerFault(error)]).toEqual(['run', false]);
    const after = await session.run([floats('x', [4], [1, 2, 3, 4])]);
    expect(after.outputs[0]?.shape).toEqual([2, 2]);
  });
});
