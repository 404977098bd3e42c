/** JSON at the edge: canonical on producing (RFC 8785), strict on reading. */
import canonicalize from 'canonicalize';
import { fromUtf8 } from './bytes.ts';
import { EncodingError } from './errors.ts';

/** A value that JSON can carry without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Canonical JSON text of `value` (RFC 8785), so that one value has one digest.
 *
 * @throws EncodingError `undefined`, `unsafe-integer`, `lone-surrogate` or `range` for what JSON would drop or bend.
 */
export function canonicalJson(value: unknown): string {
  assertCarried(value, '$');
  return canonicalize(value) as string;
}

/**
 * Parses UTF-8 JSON, refusing what two parsers could read differently: duplicate keys, integers beyond ±(2^53−1),
 * lone surrogates.
 *
 * @throws EncodingError `utf8`, `json`, `duplicate-key`, `unsafe-integer` or `lone-surrogate`.
 */
export function parseJson(bytes: Uint8Array): Json {
  return parseJsonText(fromUtf8(bytes));
}

/** `parseJson` of text already decoded. */
export function parseJsonText(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new EncodingError('json', { what: (cause as Error).message, cause });
  }
  assertCarried(value, '$');
  // Canonical text cannot hide a duplicate key or a rounded integer, and nearly all we read is canonical.
  if (canonicalize(value) !== text) assertUnambiguous(text);
  return value;
}

function assertCarried(value: unknown, path: string): void {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) {
        throw new EncodingError('lone-surrogate', { what: 'a string holds half a character', where: path });
      }
      return;
    case 'boolean':
      return;
    case 'number':
      assertSafe(value, String(value), path);
      return;
    case 'object':
      if (value === null) return;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) assertCarried(value[i], `${path}[${i}]`);
        return;
      }
      assertPlainObject(value, path);
      return;
    default:
      throw new EncodingError('undefined', { what: `JSON has no ${typeof value}`, where: path });
  }
}

function assertPlainObject(value: object, path: string): void {
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype !== Object.prototype && prototype !== null) {
    throw new EncodingError('undefined', { what: 'only plain objects can be written as JSON', where: path });
  }
  for (const key of Object.keys(value)) {
    if (!key.isWellFormed()) {
      throw new EncodingError('lone-surrogate', { what: 'a key holds half a character', where: path });
    }
    assertCarried((value as Record<string, unknown>)[key], `${path}.${key}`);
  }
}

function assertSafe(value: number, token: string, path: string): void {
  if (!Number.isFinite(value)) {
    throw new EncodingError('range', { what: `${token} has no JSON form`, where: path });
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new EncodingError('unsafe-integer', {
      what: `${token} is beyond 2^53 and parsers would disagree on it`,
      where: path,
      fix: 'Write 64-bit integers as decimal strings (PROTOCOL 1.4).',
    });
  }
}

// One token of valid JSON: a string, a number, a structural sign, or a literal.
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]|true|false|null/g;

/** Scans valid JSON text for repeated keys and for integers that JSON.parse rounded. */
function assertUnambiguous(text: string): void {
  const open: (Set<string> | null)[] = [];
  let expectKey = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const first = token[0] as string;
    if (first === '{') {
      open.push(new Set());
      expectKey = true;
    } else if (first === '[') {
      open.push(null);
      expectKey = false;
    } else if (first === '}' || first === ']') {
      open.pop();
      expectKey = false;
    } else if (first === ',') {
      expectKey = open.at(-1) != null;
    } else if (first === '"' && expectKey) {
      addKey(open.at(-1) as Set<string>, token, index);
      expectKey = false;
    } else if (first === '-' || (first >= '0' && first <= '9')) {
      assertSafe(Number(token), token, `character ${index}`);
    }
  }
}

function addKey(seen: Set<string>, token: string, index: number): void {
  const key = JSON.parse(token) as string;
  if (seen.has(key)) {
    throw new EncodingError('duplicate-key', {
      what: `the key ${token} stands twice in one object`,
      where: `character ${index}`,
    });
  }
  seen.add(key);
}
