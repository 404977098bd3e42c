import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64, fromBase64, fromHex, fromUtf8, hex, u64, utf8 } from '../src/bytes.ts';
import { EncodingError } from '../src/errors.ts';
import { canonicalJson, parseJson, parseJsonText } from '../src/json.ts';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof EncodingError) return error.code;
    throw error;
  }
  return 'accepted';
};

describe('canonical JSON', () => {
  it('RFC 8785 §3.2.3: sorts keys by UTF-16 code units and prints numbers as ECMAScript does', () => {
    expect(canonicalJson({ '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 })).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"דּ":3}',
    );
    expect(canonicalJson([333333333.33333329, 1e-27, 4.5, 2e-3])).toBe('[333333333.3333333,1e-27,4.5,0.002]');
  });

  it('refuses what JSON would drop or bend', () => {
    expect(codeOf(() => canonicalJson({ a: undefined }))).toBe('undefined');
    expect(codeOf(() => canonicalJson({ a: [1, undefined] }))).toBe('undefined');
    expect(codeOf(() => canonicalJson({ a: 1n }))).toBe('undefined');
    expect(codeOf(() => canonicalJson(new Date(0)))).toBe('undefined');
    expect(codeOf(() => canonicalJson('\ud800'))).toBe('lone-surrogate');
    expect(codeOf(() => canonicalJson({ '\udfff': 1 }))).toBe('lone-surrogate');
    expect(codeOf(() => canonicalJson(2 ** 53))).toBe('unsafe-integer');
    expect(codeOf(() => canonicalJson(Number.NaN))).toBe('range');
  });

  it('writes what the reference implementation of RFC 8785 writes, integer-like keys included', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('10', '9', '1', '-1', '01', '__proto__', 'ö'));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.double({ noNaN: true }),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('any'), { maxLength: 4 }),
      object: fc.dictionary(key, tie('any'), { maxKeys: 6 }),
    })).any;
    fc.assert(
      fc.property(value, (any) => {
        if (codeOf(() => canonicalJson(any)) !== 'accepted') return;
        expect(canonicalJson(any)).toBe(canonicalize(any));
      }),
    );
  });

  it('reads back what it wrote, for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const code = codeOf(() => canonicalJson(value));
        if (code !== 'accepted') return;
        const text = canonicalJson(value);
        expect(canonicalJson(parseJsonText(text))).toBe(text);
      }),
    );
  });
});

describe('strict JSON', () => {
  it.each([
    ['{"a":1,"a":1}', 'duplicate-key'],
    ['{"a":1,"\\u0061":2}', 'duplicate-key'],
    ['[{"x":{"k":[],"k":0}}]', 'duplicate-key'],
    ['9007199254740993', 'unsafe-integer'],
    ['{"n":-9007199254740992}', 'unsafe-integer'],
    ['1e400', 'range'],
    ['"\\ud800"', 'lone-surrogate'],
    ['{"a":1', 'json'],
    ['{"a":1}x', 'json'],
    ['{ "a" : {"b":1}, "b" : [1, "a", "a", {"a":2}] }', 'accepted'],
    ['{"a":"\\"a\\":1,","b":"{}"}', 'accepted'],
  ])('%s: %s', (text, code) => {
    expect(codeOf(() => parseJson(utf8(text)))).toBe(code);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(codeOf(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('utf8');
  });
});

describe('strict bytes', () => {
  it('one value has one encoding', () => {
    for (const text of ['QQ', 'QQ=', 'QR==', 'Q Q=', 'QQ==\n', '_-==', '====']) {
      expect(
        codeOf(() => fromBase64(text)),
        text,
      ).toBe('base64');
    }
    for (const text of ['0', 'AB', 'zz', ' 00'])
      expect(
        codeOf(() => fromHex(text)),
        text,
      ).toBe('hex');
    expect(codeOf(() => fromUtf8(Uint8Array.of(0xc0, 0x80)))).toBe('utf8');
    expect(codeOf(() => u64(2 ** 53))).toBe('range');
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(hex(fromBase64(base64(bytes)))).toBe(hex(bytes));
        expect(hex(fromHex(hex(bytes)))).toBe(hex(bytes));
      }),
    );
  });
});
