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
  // What is carried, and in order, JSON.stringify writes as RFC 8785 §3.2 asks.
  const ordered = hasSortedKeys(value) ? value : inOrder(value);
  // Integer-like keys come first in JavaScript whatever the order they were set in; the library writes those.
  return hasSortedKeys(ordered) ? JSON.stringify(ordered) : (canonicalize(value) as string);
}

/** A copy with the keys of every object in code-unit order. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value).toSorted())
    copy[key] = inOrder((value as Record<string, unknown>)[key]);
  return copy;
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
  // Text that survives a round trip hides no duplicate key and no rounded integer, and nearly all we read is such.
  if (JSON.stringify(value) !== text) assertUnambiguous(text);
  return value;
}

/** Whether all keys stand in code-unit order, in the order in which JavaScript lists them. */
function hasSortedKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(hasSortedKeys);
  let last = '';
  for (const key in value) {
    if (key < last || !hasSortedKeys((value as Record<string, unknown>)[key])) return false;
    last = key;
  }
  return true;
}

/** Throws for a value that JSON cannot carry; the path is put together only once something is wrong. */
function assertCarried(value: unknown, path: string): void {
  if (isCarried(value)) return;
  if (typeof value === 'object' && value !== null && isContainer(value)) {
    for (const key of Object.keys(value)) {
      if (!key.isWellFormed()) {
        throw new EncodingError('lone-surrogate', { what: 'a key holds half a character', where: path });
      }
      assertCarried(
        (value as Record<string, unknown>)[key],
        Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`,
      );
    }
  }
  if (typeof value === 'string') {
    throw new EncodingError('lone-surrogate', { what: 'a string holds half a character', where: path });
  }
  if (typeof value === 'number') assertSafe(value, String(value), path);
  throw new EncodingError('undefined', {
    what: `JSON has no ${typeof value === 'object' ? 'objects but plain ones, nor holes in arrays' : typeof value}`,
    where: path,
  });
}

function isCarried(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  if (typeof value === 'boolean' || value === null) return true;
  if (typeof value !== 'object' || !isContainer(value)) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isCarried(value[i])) return false;
    return true;
  }
  for (const key in value) {
    if (!key.isWellFormed() || !isCarried((value as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
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
