import { concat, encodeTensors, fromHex, requestBytes, tensorOf } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeExecuteRequest,
  decodeFrame,
  encodeExecuteRequest,
  encodeFrame,
  type ExecuteHead,
  FrameError,
} from '../../src/inference-node/wire/index.ts';

const head: ExecuteHead = {
  client: 'desk-7',
  id: 'req-1',
  model: `ed25519:${'a'.repeat(64)}/scale`,
  ask: { pin: `sha256:${'b'.repeat(64)}` },
  parameters: {},
  verification: 'signed',
  attempt: 0,
  salts: { request: '1'.repeat(64), input: '2'.repeat(64), output: '3'.repeat(64) },
};
const inputBytes = encodeTensors([tensorOf({ name: 'x', datatype: 'FP32', shape: [1] }, Float32Array.of(2))]);

describe('frames', () => {
  it('give back what went in', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string()),
        fc.array(fc.uint8Array(), { maxLength: 8 }),
        (json, parts) => {
          const frame = decodeFrame(encodeFrame({ head: json, parts }));
          expect({ ...(frame.head as object) }).toEqual({ ...json });
          expect(frame.parts.map((part) => [...part])).toEqual(parts.map((part) => [...part]));
        },
      ),
    );
  });

  it('no other bytes are one: cut, lengthened and random ones are refused with the typed error', () => {
    const bytes = encodeFrame({ head: { a: 1 }, parts: [Uint8Array.of(1, 2, 3)] });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeFrame(bytes.subarray(0, length))).toThrow(FrameError);
    }
    expect(() => decodeFrame(concat(bytes, Uint8Array.of(0)))).toThrow(FrameError);
    expect(() => decodeFrame(fromHex('00ffffffff'))).toThrow(FrameError);
    expect(() => decodeFrame(fromHex('ff'))).toThrow(FrameError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        try {
          decodeFrame(noise);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });
});

describe('execute requests', () => {
  it('give back what went in, with the tensors read', () => {
    const request = decodeExecuteRequest(encodeExecuteRequest(head, inputBytes));
    expect(request).toMatchObject(head);
    expect(request.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('refuse a head with something missing, wrong or unknown, naming it', () => {
    for (const [change, where] of [
      [{ client: undefined }, 'client'],
      [{ client: 'Not A Name' }, 'client'],
      [{ id: '' }, 'id'],
      [{ ask: { pin: 'v2' } }, 'ask.pin'],
      [{ attempt: -1 }, 'attempt'],
      [{ salts: { ...head.salts, input: 'short' } }, 'salts.input'],
      [{ verification: 'trust-me' }, 'verification'],
    ] as const) {
      const { client, ...rest } = { ...head, ...change };
      const bytes = encodeFrame({
        head: client === undefined ? rest : { client, ...rest },
        parts: [inputBytes],
      });
      expect(() => decodeExecuteRequest(bytes)).toThrow(expect.objectContaining({ where }) as FrameError);
    }
    expect(() =>
      decodeExecuteRequest(encodeFrame({ head: { ...head, price: 0 }, parts: [inputBytes] })),
    ).toThrow(FrameError);
    expect(() => decodeExecuteRequest(encodeFrame({ head, parts: [] }))).toThrow(FrameError);
  });

  it('PROTOCOL 5.3: the request bytes say what was asked, whoever tries it, how often, with what salts and for what money', () => {
    const payment = { order: 'a'.repeat(64), priceBook: 'b'.repeat(64), max: '1200' };
    const again = { ...head, attempt: 3, salts: { ...head.salts, input: '9'.repeat(64) }, payment };
    expect(requestBytes(again, inputBytes)).toEqual(requestBytes(head, inputBytes));
    for (const change of [
      { id: 'req-2' },
      { client: 'desk-8' },
      { outputs: ['y'] },
      { verification: 'audited' as const },
    ]) {
      expect(requestBytes({ ...head, ...change }, inputBytes)).not.toEqual(requestBytes(head, inputBytes));
    }
    const other = encodeTensors([tensorOf({ name: 'x', datatype: 'FP32', shape: [1] }, Float32Array.of(3))]);
    expect(requestBytes(head, other)).not.toEqual(requestBytes(head, inputBytes));
  });
});
