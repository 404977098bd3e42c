import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AssayError } from '../src/errors.ts';
import {
  canonicalJson,
  fromUtf8,
  hex,
  type Kind,
  KINDS,
  openStatement,
  parseEnvelope,
  parseJsonText,
  sealEnvelope,
  sha256,
  signStatement,
  utf8,
} from '../src/index.ts';
import { canonicalPattern } from '../src/statements/canonical-pattern.ts';
import { schemaOf } from '../src/statements/catalogue.ts';
import { examples, signer } from './examples.ts';

/** What most entries of a log are; other kinds may go the long way. */
const FREQUENT: readonly Kind[] = [
  'output.receipt',
  'request.deliver',
  'act',
  'derive',
  'evidence',
  'serve.lease',
  'incident.settle',
  'charge',
];

const compiled = KINDS.flatMap((kind) => {
  const schema = schemaOf(kind) as z.ZodType;
  const matches = canonicalPattern(schema);
  return matches === undefined ? [] : [{ kind, schema, matches, text: canonicalJson(examples[kind]) }];
});
const texts = compiled.map(({ text }) => text);

/** Whether `text` is the canonical JSON of a value that `schema` accepts, by the parser and the schema themselves. */
function fits(schema: z.ZodType, text: string): boolean {
  try {
    const value = parseJsonText(text);
    return canonicalJson(value) === text && schema.safeParse(value).success;
  } catch (error) {
    if (error instanceof AssayError) return false;
    throw error;
  }
}

const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', '0', '-0', '00', 'a"b', '\\', 'é', '\u0000', '__proto__'),
  fc.constantFrom<unknown>('18446744073709551615', '18446744073709551616', '99999999999999999999', 'a b'),
  fc.constantFrom<unknown>(-1, 0, 0.5, 1, 1_000, 1_001, 1_025, 1e15, 1e21, Number.MAX_SAFE_INTEGER),
  fc.constantFrom<unknown>([], {}, [[]], { a: 1 }, 'a'.repeat(64), 'a'.repeat(257), 'x","size":"41'),
  fc.string({ maxLength: 70 }),
  fc.stringMatching(/^[0-9a-f]{62,66}$/),
);

/** The value with one of its parts replaced, taken away or joined by another. */
function bentValue(value: unknown, steps: readonly number[], put: unknown): unknown {
  if (typeof value !== 'object' || value === null) return put;
  const [step = 0, ...rest] = steps;
  const keys = Object.keys(value);
  const key = keys[step % (keys.length + 2)];
  if (Array.isArray(value)) {
    if (key === undefined) return [...(value as unknown[]), put];
    return value.map((item, i) => (String(i) === key ? bentValue(item, rest, put) : item) as unknown);
  }
  const copy = { ...value } as Record<string, unknown>;
  if (key === undefined) copy[step % 2 === 0 ? 'extra' : (keys[0] ?? 'x')] = put;
  else if (rest.length === 0) delete copy[key];
  else copy[key] = bentValue(copy[key], rest, put);
  return copy;
}

const steps = fc.array(fc.nat(40), { minLength: 1, maxLength: 4 });
const anyKind = fc.constantFrom(...compiled);

describe('a schema as the regular expression of its canonical texts', () => {
  it('every frequent kind is compiled, and matches its example', () => {
    const kinds = compiled.filter(({ matches, text }) => matches(text)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining([...FREQUENT]));
  });

  it('bent values: what the pattern takes, the schema takes', () => {
    let taken = 0;
    fc.assert(
      fc.property(anyKind, steps, scalar, ({ schema, matches, kind }, path, put) => {
        let text: string;
        try {
          text = canonicalJson(bentValue(examples[kind], path, put));
        } catch (error) {
          if (error instanceof AssayError) return;
          throw error;
        }
        if (!matches(text)) return;
        taken++;
        expect(fits(schema, text), text).toBe(true);
      }),
      { numRuns: 8_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('bent texts: what the pattern takes is canonical and the schema takes it', () => {
    let taken = 0;
    const piece = fc.oneof(
      fc.constantFrom(
        '',
        '"',
        ',',
        ':',
        '{',
        '}',
        '\\',
        '0',
        '-',
        '1',
        'a',
        'A',
        ' ',
        'é',
        '[]',
        ',,',
        'null',
      ),
      fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(40)).map(([text, at, length]) => {
        const from = at % text.length;
        return text.slice(from, from + length);
      }),
    );
    fc.assert(
      fc.property(anyKind, fc.nat(), fc.nat(12), piece, ({ schema, matches, text }, at, cut, put) => {
        const from = at % (text.length + 1);
        const bent = `${text.slice(0, from)}${put}${text.slice(from + cut)}`;
        if (!matches(bent)) return;
        taken++;
        expect(fits(schema, bent), bent).toBe(true);
      }),
      { numRuns: 12_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('a statement gets one verdict, whichever way it is read', () => {
    const verdict = (payload: string): unknown => {
      try {
        const { predicate, keys, kind } = openStatement(sealEnvelope(utf8(payload), signer.signer).entry);
        return { predicate, keys, kind };
      } catch (error) {
        if (error instanceof AssayError) return error.message;
        throw error;
      }
    };
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), steps, scalar, fc.boolean(), (kind, path, put, bend) => {
        const payload = JSON.parse(
          fromUtf8(parseEnvelope(signStatement(kind, examples[kind] as never, signer.signer)).payload),
        ) as { subject: [{ digest: { sha256: string } }]; predicate: unknown };
        if (bend) payload.predicate = bentValue(payload.predicate, path, put);
        let text: string;
        try {
          payload.subject[0].digest.sha256 = hex(sha256(utf8(canonicalJson(payload.predicate))));
          text = canonicalJson(payload);
        } catch (error) {
          if (error instanceof AssayError) return;
          throw error;
        }
        // A space makes no other value of it, and keeps it from the quick way.
        expect(verdict(text)).toEqual(verdict(`${text} `));
      }),
      { numRuns: 1_500 },
    );
  });

  it.each<[string, z.ZodType, string, boolean]>([
    [
      'an optional first member, there',
      z.strictObject({ a: z.boolean().optional(), b: z.boolean() }),
      '{"a":true,"b":true}',
      true,
    ],
    [
      'an optional first member, absent',
      z.strictObject({ a: z.boolean().optional(), b: z.boolean() }),
      '{"b":true}',
      true,
    ],
    [
      'a comma before the first',
      z.strictObject({ a: z.boolean().optional(), b: z.boolean() }),
      '{,"b":true}',
      false,
    ],
    [
      'no comma between',
      z.strictObject({ a: z.boolean().optional(), b: z.boolean() }),
      '{"a":true"b":true}',
      false,
    ],
    ['at the limit', z.int().min(1).max(1_024), '1024', true],
    ['over the limit', z.int().min(1).max(1_024), '1025', false],
    ['minus nothing', z.int(), '-0', false],
    ['a refinement that holds', z.strictObject({ a: z.int() }).refine(({ a }) => a === 1), '{"a":1}', true],
    [
      'a refinement that does not',
      z.strictObject({ a: z.int() }).refine(({ a }) => a === 1),
      '{"a":2}',
      false,
    ],
    ['an array that is full', z.array(z.literal('x')).max(2), '["x","x"]', true],
    ['an array over its limit', z.array(z.literal('x')).max(2), '["x","x","x"]', false],
    ['a pattern that could run over a quote', z.string().regex(/^[^x]{1,9}$/), '"a","b"', false],
  ])('%s', (_, schema, text, taken) => {
    expect(canonicalPattern(schema)?.(text)).toBe(taken);
  });

  it.each<[string, z.ZodType]>([
    ['a refinement of a whole object', z.strictObject({}).refine(() => false)],
    ['an object that lets strangers in', z.object({})],
    ['a refinement inside an array', z.array(z.string().refine(() => false))],
    ['a record with a rule', z.record(z.string(), z.int()).refine(() => false)],
    ['a URL', z.url()],
    ['a number that is not an integer', z.number()],
    ['a transformation', z.string().transform((text) => text)],
    ['a pattern with flags', z.string().regex(/^a$/i)],
    ['text that is trimmed first', z.string().trim()],
  ])('%s is not compiled, or left to its own test', (_, schema) => {
    expect(canonicalPattern(schema)?.('{}') ?? false).toBe(false);
  });
});
