/** Tensors: what is refused, what round-trips, and the canonical encoding against its vector. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, hex, utf8 } from '../src/bytes.ts';
import { sha256 } from '#platform';
import {
  checkTensor,
  DATATYPES,
  type Datatype,
  decodeTensors,
  elementCount,
  elementsOf,
  elementWidth,
  encodeTensors,
  firstNonFinite,
  fitsShape,
  frameBytes,
  type Tensor,
  TensorError,
  tensorOf,
} from '../src/tensor/index.ts';

interface Vector {
  readonly name: string;
  readonly tensors: readonly { name: string; datatype: Datatype; shape: number[]; hex: string }[];
  readonly encoding: string;
  readonly sha256: string;
}
const file = new URL('../../../vectors/tensors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
  valid: Vector[];
  invalid: { name: string; encoding: string }[];
};

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof TensorError) return error.code;
    throw error;
  }
  return 'accepted';
};

const shapes = fc.array(fc.nat(4), { maxLength: 3 });
const tensors: fc.Arbitrary<Tensor> = fc
  .tuple(fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }), fc.constantFrom(...DATATYPES), shapes)
  .chain(([name, datatype, shape]) =>
    elementsFor(datatype, elementCount(shape)).map((bytes) => ({ name, datatype, shape, bytes })),
  );

function elementsFor(datatype: Datatype, count: number): fc.Arbitrary<Uint8Array> {
  if (datatype === 'BYTES') {
    return fc.array(fc.uint8Array({ maxLength: 5 }), { minLength: count, maxLength: count }).map(frameBytes);
  }
  const length = count * (elementWidth(datatype) as number);
  const max = datatype === 'BOOL' ? 1 : 255;
  return fc.uint8Array({ minLength: length, maxLength: length, max });
}
const lists = fc.uniqueArray(tensors, { maxLength: 4, selector: (tensor) => tensor.name });

describe('canonical tensor encoding (PROTOCOL 1.4)', () => {
  it.each(vectors.valid)('vector "$name"', (vector) => {
    const encoding = encodeTensors(
      vector.tensors.map((tensor) => ({ ...tensor, bytes: fromHex(tensor.hex) })),
    );
    expect(hex(encoding)).toBe(vector.encoding);
    expect(hex(sha256(encoding))).toBe(vector.sha256);
  });

  it.each(vectors.invalid)('refuses to decode "$name"', (vector) => {
    expect(() => decodeTensors(fromHex(vector.encoding))).toThrow(TensorError);
  });

  it('does not depend on the order in which tensors are given', () => {
    fc.assert(
      fc.property(lists, (list) => {
        expect(encodeTensors([...list].reverse())).toEqual(encodeTensors(list));
      }),
    );
  });

  it('decodes to the same tensors', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const decoded = new Map(decodeTensors(encodeTensors(list)).map((tensor) => [tensor.name, tensor]));
        expect(decoded.size).toBe(list.length);
        for (const tensor of list) {
          const got = decoded.get(tensor.name);
          expect({ ...got, bytes: [...(got?.bytes ?? [])] }).toEqual({ ...tensor, bytes: [...tensor.bytes] });
        }
      }),
    );
  });

  it('decodes nothing but canonical encodings: any changed byte is another list or refused', () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, at, flip) => {
        const bytes = encodeTensors(list);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] as number) ^ flip;
        let decoded: Tensor[];
        try {
          decoded = decodeTensors(bytes);
        } catch (error) {
          return void expect((error as Error).name).toMatch(/^(Tensor|Encoding)Error$/);
        }
        expect(encodeTensors(decoded)).toEqual(bytes);
      }),
    );
  });

  it('refuses two tensors of one name', () => {
    const tensor = tensorOf({ name: 'x', datatype: 'UINT8', shape: [1] }, Uint8Array.of(1));
    expect(code(() => encodeTensors([tensor, tensor]))).toBe('name');
  });
});

describe('a tensor is refused when', () => {
  const good: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], bytes: new Uint8Array(8) };
  it.each<[string, Partial<Tensor>, string]>([
    ['its name is empty', { name: '' }, 'name'],
    ['its name has a lone surrogate', { name: '\ud800' }, 'name'],
    ['its name is too long', { name: 'x'.repeat(257) }, 'name'],
    ['its datatype is unknown', { datatype: 'fp32' as Datatype }, 'datatype'],
    ['its datatype is a property of every object', { datatype: 'toString' as Datatype }, 'datatype'],
    ['a dimension is negative', { shape: [-1, 2] }, 'shape'],
    ['a dimension is fractional', { shape: [0.5, 4] }, 'shape'],
    ['its product overflows', { shape: [2 ** 30, 2 ** 30] }, 'shape'],
    ['its product overflows beside a zero', { shape: [2 ** 30, 2 ** 30, 0] }, 'shape'],
    ['it has too many dimensions', { shape: Array<number>(17).fill(1) }, 'shape'],
    ['bytes are missing', { bytes: new Uint8Array(7) }, 'size'],
    ['bytes are left over', { bytes: new Uint8Array(9) }, 'size'],
    ['a BOOL is neither 0 nor 1', { datatype: 'BOOL', shape: [1], bytes: Uint8Array.of(2) }, 'element'],
    ['a BYTES length is cut', { datatype: 'BYTES', shape: [1], bytes: Uint8Array.of(1, 0, 0) }, 'size'],
    [
      'a BYTES element runs out',
      { datatype: 'BYTES', shape: [1], bytes: Uint8Array.of(255, 255, 255, 255, 0) },
      'size',
    ],
    ['BYTES are left over', { datatype: 'BYTES', shape: [0], bytes: Uint8Array.of(0, 0, 0, 0) }, 'size'],
  ])('%s', (_, change, expected) => {
    expect(code(() => checkTensor({ ...good, ...change }))).toBe(expected);
  });
});

describe('elements', () => {
  it('reads back what was written, for every datatype', () => {
    const head = { name: 'x', shape: [2] };
    const texts = [utf8('a'), utf8('')];
    expect([
      ...elementsOf(tensorOf({ ...head, datatype: 'INT64' }, BigInt64Array.of(-1n, 2n ** 62n)), 'INT64'),
    ]).toEqual([-1n, 2n ** 62n]);
    expect([
      ...elementsOf(tensorOf({ ...head, datatype: 'FP32' }, Float32Array.of(1.5, -0)), 'FP32'),
    ]).toEqual([1.5, -0]);
    expect([...elementsOf(tensorOf({ ...head, datatype: 'INT16' }, Int16Array.of(-2, 3)), 'INT16')]).toEqual([
      -2, 3,
    ]);
    expect(elementsOf(tensorOf({ ...head, datatype: 'BYTES' }, texts), 'BYTES')).toEqual(texts);
  });

  it('are little-endian on the wire', () => {
    expect(hex(tensorOf({ name: 'x', datatype: 'UINT32', shape: [] }, Uint32Array.of(1)).bytes)).toBe(
      '01000000',
    );
    expect(hex(tensorOf({ name: 'x', datatype: 'FP64', shape: [] }, Float64Array.of(1)).bytes)).toBe(
      '000000000000f03f',
    );
  });

  it('refuses to read one datatype as another', () => {
    const tensor = tensorOf({ name: 'x', datatype: 'FP32', shape: [1] }, Float32Array.of(1));
    expect(code(() => elementsOf(tensor, 'INT32'))).toBe('datatype');
    expect(code(() => tensorOf({ name: 'x', datatype: 'FP32', shape: [2] }, Float32Array.of(1)))).toBe(
      'size',
    );
  });

  it('finds the first NaN or infinity exactly where a typed array would', () => {
    fc.assert(
      fc.property(fc.float32Array(), fc.float64Array(), (singles, doubles) => {
        const single = tensorOf(
          { name: 'x', datatype: 'FP32', shape: [singles.length] },
          new Float32Array(singles),
        );
        const double = tensorOf(
          { name: 'x', datatype: 'FP64', shape: [doubles.length] },
          new Float64Array(doubles),
        );
        expect(firstNonFinite(single)).toBe(singles.findIndex((value) => !Number.isFinite(value)));
        expect(firstNonFinite(double)).toBe(doubles.findIndex((value) => !Number.isFinite(value)));
      }),
    );
    const half = tensorOf(
      { name: 'x', datatype: 'FP16', shape: [3] },
      Uint16Array.of(0x7bff, 0xfc00, 0x7e00),
    );
    expect(firstNonFinite(half)).toBe(1);
  });

  it('fits a schema whose -1 is any positive size', () => {
    expect(fitsShape([7, 5], [-1, 5])).toBe(true);
    expect(fitsShape([0, 5], [-1, 5])).toBe(false);
    expect(fitsShape([5], [-1, 5])).toBe(false);
    expect(fitsShape([7, 4], [-1, 5])).toBe(false);
  });
});
