/** Descriptions, health and errors have the protocol's members and no others. */
import type { Manifest } from '@assay/core';
import { describe, expect, it } from 'vitest';
import {
  errorBody,
  liveness,
  modelMetadata,
  modelReadiness,
  OipError,
  readiness,
  serverMetadata,
} from '../../src/gateway/oip/index.ts';

describe('the protocol’s small objects', () => {
  it('describe a model by its manifest', () => {
    const manifest = {
      format: 'onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4], about: 'percent' }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    } as unknown as Manifest;
    expect(modelMetadata({ name: 'vol', versions: ['sha256:aa'], manifest })).toEqual({
      name: 'vol',
      versions: ['sha256:aa'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    });
  });

  it('announce the binary extension, which clients look for', () => {
    expect(serverMetadata('assay', '0.1.0')).toEqual({
      name: 'assay',
      version: '0.1.0',
      extensions: ['binary_tensor_data'],
    });
  });

  it('answer health probes', () => {
    expect([liveness(true), readiness(false), modelReadiness('vol', true)]).toEqual([
      { live: true },
      { live: true, ready: false },
      { name: 'vol', ready: true },
    ]);
  });

  it('put an error into one sentence', () => {
    const error = new OipError('shape', {
      what: 'dimension -1',
      where: 'inputs[0].shape[0]',
      fix: 'Send the size.',
    });
    expect(errorBody(error)).toEqual({
      error: 'OipError[shape]: dimension -1 (at inputs[0].shape[0]). Send the size.',
    });
  });
});
