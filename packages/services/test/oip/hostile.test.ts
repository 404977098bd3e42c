/** Hostile and mistaken input: each gets a typed error with its status, and nothing gets anything else. */
import { DATATYPES, tensorOf, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkOutputForms,
  encodeInferResponse,
  OipError,
  parseInferRequest,
  parseInferResponse,
} from '../../src/gateway/oip/index.ts';

const failure = (run: () => unknown): OipError => {
  try {
    run();
  } catch (error) {
    if (error instanceof OipError) return error;
    throw error;
  }
  throw new Error('was accepted');
};
const verdict = (run: () => unknown): string => {
  const error = failure(run);
  return `${error.status} ${error.code}`;
};
const sent = (value: unknown, headerLength?: string) => () =>
  parseInferRequest({ body: utf8(typeof value === 'string' ? value : JSON.stringify(value)), headerLength });
const x = { name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] };
const input = (change: object) => sent({ inputs: [{ ...x, ...change }] });
const element = (datatype: string, value: string) =>
  sent(`{"inputs":[{"name":"x","datatype":"${datatype}","shape":[1],"data":[${value}]}]}`);

describe('a request is refused with 400 when', () => {
  it.each<[string, () => unknown, string]>([
    ['it is empty', sent(''), '400 json'],
    ['it is no JSON', sent('{"inputs":'), '400 json'],
    ['it is a list', sent('[]'), '400 request'],
    ['it is null', sent('null'), '400 request'],
    ['it has no inputs', sent({}), '400 request'],
    ['inputs are no list', sent({ inputs: { x } }), '400 request'],
    ['its id is a number', sent({ id: 7, inputs: [] }), '400 request'],
    ['a parameter is an object', sent({ parameters: { a: {} }, inputs: [] }), '400 request'],
    ['a parameter is called __proto__', sent('{"parameters":{"__proto__":1},"inputs":[]}'), '400 request'],
    ['a shape holds text', input({ shape: ['2'] }), '400 request'],
    [
      'binary_data_output is text',
      sent({ parameters: { binary_data_output: 'yes' }, inputs: [] }),
      '400 request',
    ],
    ['an input is given twice', sent({ inputs: [x, x] }), '400 tensor'],
    [
      'an output is asked for twice',
      sent({ inputs: [], outputs: [{ name: 'y' }, { name: 'y' }] }),
      '400 tensor',
    ],
    ['a name is empty', input({ name: '' }), '400 tensor'],
    ['a datatype is in small letters', input({ datatype: 'fp32' }), '400 tensor'],
    ['a datatype is a property of objects', input({ datatype: 'constructor' }), '400 tensor'],
    ['a dimension is negative', input({ shape: [-1] }), '400 shape'],
    ['a dimension is fractional', input({ shape: [0.5] }), '400 shape'],
    ['a product overflows', input({ shape: [2 ** 30, 2 ** 30] }), '400 shape'],
    ['a product overflows beside a zero', input({ shape: [2 ** 50, 2 ** 50, 0], data: [] }), '400 shape'],
    ['the rank is absurd', input({ shape: Array(17).fill(1) }), '400 shape'],
    ['the product does not match', input({ shape: [3] }), '400 data'],
    ['a shape is huge and the data small', input({ shape: [2 ** 52] }), '400 data'],
    ['nesting does not match', input({ shape: [2, 2], data: [[1, 2, 3], [4]] }), '400 data'],
    ['nesting is too deep', input({ shape: [2], data: [[1], [2]] }), '400 data'],
    ['nesting is too shallow', input({ shape: [2, 1], data: [[1], 2] }), '400 data'],
    ['data is an object', input({ data: { 0: 1 } }), '400 data'],
    ['data is missing', input({ data: undefined }), '400 data'],
    ['there is data in both forms', input({ parameters: { binary_data_size: 8 } }), '400 data'],
    ['an element is text', input({ data: ['1', '2'] }), '400 data'],
    ['an element is null', input({ data: [null, 2] }), '400 data'],
    ['a BYTES element is half a character', element('BYTES', '"\\ud800"'), '400 data'],
    [
      'binary data has no header',
      input({ data: undefined, parameters: { binary_data_size: 8 } }),
      '400 header-length',
    ],
  ])('%s', (_, run, expected) => {
    expect(verdict(run)).toBe(expected);
  });

  it.each([
    ['BOOL', '1'],
    ['BOOL', '"true"'],
    ['INT8', '128'],
    ['INT8', '-129'],
    ['UINT8', '-1'],
    ['INT16', '1.5'],
    ['INT32', '2147483648'],
    ['UINT32', '4294967296'],
    ['INT64', '9007199254740993'],
    ['INT64', '-9007199254740993'],
    ['INT64', '1e300'],
    ['UINT64', '-1'],
    ['UINT64', '18446744073709551615'],
    ['FP16', '1'],
    ['FP32', '1e39'],
    ['FP64', '1e999'],
    ['BYTES', '7'],
  ])('a %s is %s', (datatype, value) => {
    expect(verdict(element(datatype, value))).toBe('400 data');
  });

  it('says what, where and what to do', () => {
    const { what, where, fix } = failure(element('INT64', '9007199254740993'));
    expect(where).toBe('inputs[0].data[0]');
    expect(what).toContain('9007199254740992 is not a whole number');
    expect(fix).toContain('binary');
  });
});

describe('binary data is refused when', () => {
  const announced = (size: unknown, shape = [2]) =>
    JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape, parameters: { binary_data_size: size } }],
    });
  const framed =
    (head: string, tail: number, headerLength = String(head.length)) =>
    () =>
      parseInferRequest({ body: new Uint8Array([...utf8(head), ...new Uint8Array(tail)]), headerLength });

  it.each<[string, () => unknown, string]>([
    ['it is short', framed(announced(8), 7), '400 binary'],
    ['bytes are left over', framed(announced(8), 9), '400 binary'],
    ['its size does not fit the shape', framed(announced(12), 12), '400 data'],
    ['its size is negative', framed(announced(-8), 8), '400 binary'],
    ['its size is fractional', framed(announced(7.5), 8), '400 binary'],
    ['its size is text', framed(announced('8'), 8), '400 binary'],
    ['its size is beyond every body', framed(announced(2 ** 53 - 1, [2 ** 51]), 8), '400 binary'],
    ['the header is past the body', framed(announced(8), 8, '9999'), '400 header-length'],
    ['the header is negative', framed(announced(8), 8, '-1'), '400 header-length'],
    ['the header is text', framed(announced(8), 8, '0x10'), '400 header-length'],
    ['the header cuts the JSON', framed(announced(8), 8, '20'), '400 json'],
    ['the header is zero (raw request)', framed(announced(8), 8, '0'), '501 unsupported'],
  ])('%s', (_, run, expected) => {
    expect(verdict(run)).toBe(expected);
  });

  it('a BOOL byte is 2, or BYTES run out', () => {
    const head = (datatype: string, size: number) =>
      JSON.stringify({
        inputs: [{ name: 'x', datatype, shape: [1], parameters: { binary_data_size: size } }],
      });
    const run = (datatype: string, bytes: number[]) => () => {
      const json = head(datatype, bytes.length);
      parseInferRequest({
        body: new Uint8Array([...utf8(json), ...bytes]),
        headerLength: String(json.length),
      });
    };
    expect(verdict(run('BOOL', [2]))).toBe('400 data');
    expect(verdict(run('BYTES', [255, 255, 255, 255]))).toBe('400 data');
  });
});

describe('what is too large or unknown', () => {
  const limits = { body: 1_000, json: 200, tensors: 2 };
  it('is refused with 413 before it is parsed', () => {
    const body = utf8(`{"inputs":[${' '.repeat(300)}]}`);
    expect(verdict(() => parseInferRequest({ body }, limits))).toBe('413 too-large');
    expect(verdict(() => parseInferRequest({ body: new Uint8Array(1_001) }, limits))).toBe('413 too-large');
    const three = ['a', 'b', 'c'].map((name) => ({ name, datatype: 'INT8', shape: [], data: [1] }));
    const many = utf8(JSON.stringify({ inputs: three }));
    expect(verdict(() => parseInferRequest({ body: many }, limits))).toBe('413 too-large');
  });

  it('is refused with 501 when it is an extension we do not speak', () => {
    expect(verdict(input({ parameters: { shared_memory_region: 'r' }, data: undefined }))).toBe(
      '501 unsupported',
    );
    const asked = { inputs: [], outputs: [{ name: 'y', parameters: { classification: 3 } }] };
    expect(verdict(sent(asked))).toBe('501 unsupported');
  });

  it('deeply nested JSON is an error, not a crash', () => {
    expect(
      failure(
        sent(
          `{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`,
        ),
      ).status,
    ).toBe(400);
  });
});

describe('an answer that JSON cannot carry is refused with 406 and advice', () => {
  it.each([
    ['NaN', tensorOf({ name: 'y', datatype: 'FP32', shape: [1] }, Float32Array.of(Number.NaN))],
    ['infinity', tensorOf({ name: 'y', datatype: 'FP64', shape: [1] }, Float64Array.of(-Infinity))],
    ['2^53', tensorOf({ name: 'y', datatype: 'INT64', shape: [1] }, BigInt64Array.of(2n ** 53n))],
    ['−2^53', tensorOf({ name: 'y', datatype: 'INT64', shape: [1] }, BigInt64Array.of(-(2n ** 53n)))],
    ['FP16', tensorOf({ name: 'y', datatype: 'FP16', shape: [1] }, Uint16Array.of(0x3c00))],
    ['bytes', tensorOf({ name: 'y', datatype: 'BYTES', shape: [1] }, [Uint8Array.of(255)])],
  ])('%s', (_, tensor) => {
    const write = (binaryOutput: boolean) =>
      encodeInferResponse({ modelName: 'm', outputs: [tensor] }, { binaryOutput });
    const error = failure(() => write(false));
    expect([error.status, error.fix]).toEqual([406, expect.stringContaining('binary')]);
    expect(write(true).body.length).toBeGreaterThan(0);
  });

  it('FP16 is refused before anything runs', () => {
    const schemas = [{ name: 'y', datatype: 'FP16' as const, shape: [-1] }];
    expect(verdict(() => checkOutputForms({ binaryOutput: false }, schemas))).toBe('406 not-representable');
    expect(() => checkOutputForms({ binaryOutput: true }, schemas)).not.toThrow();
    expect(() => checkOutputForms({ binaryOutput: false, outputs: [{ name: 'z' }] }, schemas)).not.toThrow();
  });
});

describe('whatever arrives', () => {
  const parsedOrRefused = (run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(OipError);
    }
  };

  it('is parsed or refused by an OipError: random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.option(fc.string(), { nil: undefined }), (body, headerLength) => {
        parsedOrRefused(() => parseInferRequest({ body, headerLength }));
      }),
    );
  });

  it('is parsed or refused by an OipError: almost right requests', () => {
    const almost = fc.record(
      {
        id: fc.oneof(fc.string(), fc.jsonValue()),
        inputs: fc.array(
          fc.record(
            {
              name: fc.oneof(fc.constantFrom('x', '', '__proto__'), fc.jsonValue()),
              datatype: fc.oneof(fc.constantFrom(...DATATYPES), fc.jsonValue()),
              shape: fc.oneof(fc.array(fc.oneof(fc.nat(3), fc.double()), { maxLength: 3 }), fc.jsonValue()),
              parameters: fc.oneof(
                fc.record({ binary_data_size: fc.oneof(fc.nat(16), fc.jsonValue()) }),
                fc.jsonValue(),
              ),
              data: fc.oneof(
                fc.array(fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.string())),
                fc.jsonValue(),
              ),
            },
            { requiredKeys: [] },
          ),
        ),
        outputs: fc.jsonValue(),
      },
      { requiredKeys: ['inputs'] },
    );
    fc.assert(
      fc.property(almost, fc.uint8Array({ maxLength: 24 }), fc.boolean(), (value, tail, header) => {
        const head = utf8(JSON.stringify(value));
        const body = new Uint8Array([...head, ...(header ? tail : [])]);
        const message = { body, headerLength: header ? String(head.length) : undefined };
        parsedOrRefused(() => parseInferRequest(message));
        parsedOrRefused(() => parseInferResponse(message));
      }),
      { numRuns: 1_000 },
    );
  });
});
