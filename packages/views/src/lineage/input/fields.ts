/** Reads fields of untrusted JSON objects, strictly, and says where (a JSON path) whatever does not fit. */
import { LineageError } from '../error.ts';
import type { Scalar } from '../records.ts';

/** A JSON object at a known path. */
export interface Fields {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly path: string;
}

/** @throws LineageError `malformed`, always. */
export function refuse(path: string, what: string, fix: string): never {
  throw new LineageError('malformed', { what, where: path, fix });
}

/** A value in words short enough for a message. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** `value` as an object with fields. Arrays and null are not objects here. */
export function objectAt(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(path, `expected an object, found ${show(value)}`, 'Write {"field": value, …}.');
  }
  return { raw: value as Record<string, unknown>, path };
}

/** `value` as a list. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) return refuse(path, `expected a list, found ${show(value)}`, 'Write [ … ].');
  return value;
}

/** The field's own value; `undefined` when it is absent or null, which say the same. */
export function optional(from: Fields, name: string): unknown {
  if (!Object.hasOwn(from.raw, name)) return undefined;
  return from.raw[name] ?? undefined;
}

/** Path of a field. */
export function at(from: Fields, name: string): string {
  return from.path === '' ? name : `${from.path}.${name}`;
}

/** A non-empty string. */
export function text(from: Fields, name: string): string {
  return textAt(optional(from, name), at(from, name));
}

/** A non-empty string, or nothing. */
export function optionalText(from: Fields, name: string): string | undefined {
  return optional(from, name) === undefined ? undefined : text(from, name);
}

/** `value` as a non-empty string. */
export function textAt(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') {
    return refuse(path, `expected a non-empty string, found ${show(value)}`, 'Give it as text.');
  }
  return value;
}

/** A safe integer; `fallback` when absent, refused when there is none. */
export function integer(from: Fields, name: string, fallback?: number): number {
  const value = optional(from, name) ?? fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    return refuse(at(from, name), `expected an integer, found ${show(value)}`, 'Times are whole ticks.');
  }
  return value;
}

/** A safe integer that counts something, or nothing. */
export function optionalCount(from: Fields, name: string): number | undefined {
  if (optional(from, name) === undefined) return undefined;
  const value = integer(from, name);
  if (value < 0) refuse(at(from, name), `expected a count, found ${value}`, 'Give zero or more.');
  return value;
}

/** true or false; `fallback` when absent. */
export function flag(from: Fields, name: string, fallback: boolean): boolean {
  const value = optional(from, name) ?? fallback;
  if (typeof value !== 'boolean') {
    return refuse(at(from, name), `expected true or false, found ${show(value)}`, 'Give a JSON boolean.');
  }
  return value;
}

/** A list of non-empty strings; empty when absent. */
export function texts(from: Fields, name: string): readonly string[] {
  return optionalTexts(from, name) ?? [];
}

/** A list of non-empty strings, or nothing. */
export function optionalTexts(from: Fields, name: string): readonly string[] | undefined {
  const value = optional(from, name);
  if (value === undefined) return undefined;
  return listAt(value, at(from, name)).map((item, i) => textAt(item, `${at(from, name)}[${i}]`));
}

/** Whether `value` may be compared by a predicate. */
export function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
