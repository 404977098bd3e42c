/** What the codec writes, it reads back to the bit, and what others write by the specification, it reads. */
import { elementsOf, fromUtf8, hex, type Tensor, tensorOf, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeInferRequest,
  encodeInferResponse,
  HEADER_LENGTH,
  type InferRequest,
  type OipMessage,
  parseInferRequest,
  parseInferResponse,
} from '../../src/gateway/oip/index.ts';
import { anyTensors, plain, plainTensors, requestsOf } from './arbitraries.ts';

const received = (message: OipMessage) => ({
  body: message.body,
  headerLength: message.headers[HEADER_LENGTH],
});
const comparable = (request: InferRequest) => ({ ...request, inputs: plain(request.inputs) });
const json = (value: unknown) => parseInferRequest({ body: utf8(JSON.stringify(value)) });

describe('requests', () => {
  it('go there and back as binary data, for every datatype', () => {
    fc.assert(
      fc.property(requestsOf(anyTensors), (request) => {
        const read = parseInferRequest(received(encodeInferRequest(request, true)));
        expect(comparable(read)).toEqual(comparable(request));
      }),
    );
  });

  it('go there and back as JSON, for everything that JSON carries, −0 and subnormals included', () => {
    fc.assert(
      fc.property(requestsOf(plainTensors), (request) => {
        const read = parseInferRequest(received(encodeInferRequest(request, false)));
        expect(comparable(read)).toEqual(comparable(request));
      }),
    );
  });

  it('reads the example of the binary tensor data extension', () => {
    const head = JSON.stringify({
      model_name: 'mymodel',
      inputs: [
        { name: 'input0', shape: [2, 2], datatype: 'UINT32', parameters: { binary_data_size: 16 } },
        { name: 'input1', shape: [3], datatype: 'BOOL', parameters: { binary_data_size: 3 } },
      ],
      outputs: [{ name: 'output0', parameters: { binary_data: true } }],
    });
    const tail = Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 1);
    const body = new Uint8Array([...utf8(head), ...tail]);
    const request = parseInferRequest({ body, headerLength: String(utf8(head).length) });
    expect([...elementsOf(request.inputs[0] as Tensor, 'UINT32')]).toEqual([1, 2, 3, 4]);
    expect([...elementsOf(request.inputs[1] as Tensor, 'BOOL')]).toEqual([1, 0, 1]);
    expect(request.outputs).toEqual([{ name: 'output0', binary: true }]);
  });

  it('reads flat and nested data as the same tensor', () => {
    const one = (data: unknown) =>
      json({ inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 1, 2], data }] }).inputs;
    expect(one([[[1, 2]], [[3, 4]]])).toEqual(one([1, 2, 3, 4]));
    const scalar = json({ inputs: [{ name: 'x', datatype: 'INT8', shape: [], data: [-7] }] })
      .inputs[0] as Tensor;
    expect([...elementsOf(scalar, 'INT8')]).toEqual([-7]);
    const empty = json({ inputs: [{ name: 'x', datatype: 'INT8', shape: [2, 0], data: [[], []] }] })
      .inputs[0];
    expect(empty?.bytes.length).toBe(0);
  });

  it('frames BYTES as the extension says', () => {
    const request = json({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [2], data: ['é', ''] }] });
    expect(hex(request.inputs[0]?.bytes as Uint8Array)).toBe('02000000c3a900000000');
  });

  it('takes a hundred thousand BYTES elements in its stride', () => {
    const data = Array<string>(200_000).fill('a');
    const request = json({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [200_000], data }] });
    expect(request.inputs[0]?.bytes.length).toBe(1_000_000);
  });

  it('reads an empty list of outputs as all of them, and the request’s default form', () => {
    const request = json({
      inputs: [],
      outputs: [],
      parameters: { binary_data_output: true, wait: 'signed' },
    });
    expect(request).toEqual({ parameters: { wait: 'signed' }, inputs: [], binaryOutput: true });
  });
});

describe('responses', () => {
  it('go there and back in the form asked for', () => {
    fc.assert(
      fc.property(plainTensors, fc.boolean(), (outputs, binaryOutput) => {
        const response = {
          modelName: 'fraud',
          modelVersion: 'sha256:ab',
          id: '7',
          parameters: { a: 1 },
          outputs,
        };
        const message = encodeInferResponse(response, { binaryOutput });
        expect(message.headers[HEADER_LENGTH] !== undefined).toBe(binaryOutput && outputs.length > 0);
        const read = parseInferResponse(received(message));
        expect({ ...read, outputs: plain(read.outputs) }).toEqual({ ...response, outputs: plain(outputs) });
      }),
    );
  });

  const a = tensorOf({ name: 'a', datatype: 'FP32', shape: [2] }, Float32Array.of(17.3, 0.1));
  const b = tensorOf({ name: 'b', datatype: 'INT8', shape: [1] }, Int8Array.of(-1));

  it('mixes forms where an output overrides the default', () => {
    const outputs = [{ name: 'a', binary: false }, { name: 'b' }];
    const message = encodeInferResponse({ modelName: 'm', outputs: [a, b] }, { outputs, binaryOutput: true });
    const length = Number(message.headers[HEADER_LENGTH]);
    const head = JSON.parse(fromUtf8(message.body.subarray(0, length))) as { outputs: object[] };
    expect(head.outputs).toEqual([
      { name: 'a', datatype: 'FP32', shape: [2], data: [17.3, 0.1] },
      { name: 'b', datatype: 'INT8', shape: [1], parameters: { binary_data_size: 1 } },
    ]);
    expect([...message.body.subarray(length)]).toEqual([255]);
  });

  it('writes singles in the fewest digits that read back the same', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, noNaN: true, noDefaultInfinity: true }), (values) => {
        const tensor = tensorOf(
          { name: 'x', datatype: 'FP32', shape: [values.length] },
          new Float32Array(values),
        );
        const { body } = encodeInferResponse({ modelName: 'm', outputs: [tensor] }, { binaryOutput: false });
        const text = fromUtf8(body);
        const read = (JSON.parse(text) as { outputs: [{ data: number[] }] }).outputs[0].data;
        expect([...Float32Array.from(read)]).toEqual([...values]);
        for (const number of read)
          expect(
            String(number)
              .replace(/e.*|[-.]/g, '')
              .replace(/^0+|0+$/g, '').length,
          ).toBeLessThanOrEqual(9);
      }),
    );
  });

  it('carries a proof of any length that a log gives back; a caller’s parameter stays short', () => {
    const parameters = { assay_proof: 'A'.repeat(60_000) };
    const outputs = [a];
    const message = encodeInferResponse({ modelName: 'm', parameters, outputs }, { binaryOutput: true });
    expect(parseInferResponse(received(message)).parameters).toEqual(parameters);
    const asked = encodeInferRequest({ parameters, inputs: [a], binaryOutput: true }, true);
    expect(() => parseInferRequest(received(asked))).toThrow(/parameters\.assay_proof/);
  });
});
