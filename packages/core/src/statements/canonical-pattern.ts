/** The canonical texts of a schema as one regular expression, so that admission reads a predicate in a single pass. */
import type { z } from 'zod';

/**
 * Decides from its text whether a value fits a schema.
 *
 * True only for the RFC 8785 text of a value that the schema accepts, all of it ASCII without escapes and with integers
 * of at most 15 digits. False says nothing: the text goes the long way, which has the words for what is wrong.
 */
export type CanonicalPattern = (text: string) => boolean;

/** What of a schema's definition is read here. Anything that is not known by name makes the schema uncompiled. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly catchall?: z.core.$ZodType;
  readonly checks?: readonly { readonly _zod: { readonly def: Check } }[];
  readonly check?: string;
  readonly format?: string;
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly values?: readonly unknown[];
  readonly options?: readonly z.core.$ZodType[];
  readonly element?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
}

interface Check {
  readonly check: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly fn?: (value: unknown) => unknown;
  readonly maximum?: number;
  readonly minimum?: number;
  readonly value?: number;
  readonly inclusive?: boolean;
}

/** What a regular language cannot say, asked of what one of its groups caught. */
type Condition = (caught: string) => boolean;

/** Signals a schema that this file cannot compile; never leaves it. */
class Uncompiled extends Error {}

/**
 * Compiles `schema`.
 *
 * @returns undefined for a schema with a construct not known here: its texts all go the long way
 */
export function canonicalPattern(schema: z.core.$ZodType): CanonicalPattern | undefined {
  const conditions: Condition[] = [];
  let source: string;
  try {
    source = valueOf(schema, conditions);
  } catch (error) {
    if (error instanceof Uncompiled) return undefined;
    throw error;
  }
  const whole = new RegExp(`^${source}$`);
  if (conditions.length === 0) return (text) => whole.test(text);
  return (text) => {
    const caught = whole.exec(text);
    if (caught === null) return false;
    // From the inside out, as a schema checks: a group of a whole object opens before those of its members.
    for (let i = conditions.length; i > 0; i--) {
      // A group of an alternative that was not taken, or of a member that is absent, caught nothing.
      const part = caught[i];
      if (part !== undefined && conditions[i - 1]?.(part) === false) return false;
    }
    return true;
  };
}

// What a string may hold: printable ASCII that JSON does not escape.
const CHARACTER = String.raw`[ !#-\[\]-~]`;

function valueOf(schema: z.core.$ZodType, conditions: Condition[]): string {
  const definition = schema._zod.def as unknown as Definition;
  const { type } = definition;
  if (type === 'object') return objectOf(definition, conditions);
  if (type === 'array') return arrayOf(definition);
  if (type === 'string') return stringOf(definition, conditions);
  if (type === 'number') return integerOf(definition, conditions);
  if (definition.checks !== undefined && definition.checks.length > 0) throw new Uncompiled();
  if (type === 'enum') return oneOf(Object.values(definition.entries ?? {}).map(literalOf));
  if (type === 'literal') return oneOf((definition.values ?? []).map(literalOf));
  if (type === 'boolean') return '(?:true|false)';
  if (type === 'union') return oneOf((definition.options ?? []).map((option) => valueOf(option, conditions)));
  // One record has many canonical spellings of many keys; receipts of models without parameters have the empty one.
  if (type === 'record') return String.raw`\{\}`;
  throw new Uncompiled();
}

function objectOf({ shape, catchall, checks = [] }: Definition, conditions: Condition[]): string {
  const isStrict = (catchall?._zod.def as unknown as Definition | undefined)?.type === 'never';
  if (shape === undefined || !isStrict) throw new Uncompiled();
  const tests = checks.map(({ _zod }) => refinementOf(_zod.def));
  if (tests.length > 0) {
    conditions.push((caught) => {
      const value: unknown = JSON.parse(caught);
      return tests.every((test) => test(value));
    });
  }
  let source = '';
  // Once a member must be there, every later one comes after a comma.
  let follows = false;
  for (const key of Object.keys(shape).toSorted()) {
    const member = shape[key] as z.core.$ZodType;
    const { type, innerType } = member._zod.def as unknown as Definition;
    const isOptional = type === 'optional' && innerType !== undefined;
    const comma = follows ? ',' : source === '' ? '' : String.raw`(?:(?<=\{)|(?<!\{),)`;
    const text = `${comma}${literalOf(key)}:${valueOf(isOptional ? innerType : member, conditions)}`;
    source += isOptional ? `(?:${text})?` : text;
    follows ||= !isOptional;
  }
  return tests.length > 0 ? String.raw`(\{${source}\})` : String.raw`\{${source}\}`;
}

function refinementOf({ check, fn }: Check): (value: unknown) => boolean {
  if (check !== 'custom' || fn === undefined) throw new Uncompiled();
  return (value) => Boolean(fn(value));
}

function arrayOf({ element, checks = [] }: Definition): string {
  if (element === undefined) throw new Uncompiled();
  const conditions: Condition[] = [];
  const item = valueOf(element, conditions);
  // A repeated group keeps its last capture only.
  if (conditions.length > 0) throw new Uncompiled();
  let [least, most] = [0, Number.POSITIVE_INFINITY];
  for (const { _zod } of checks) {
    if (_zod.def.check === 'max_length') most = _zod.def.maximum as number;
    else if (_zod.def.check === 'min_length') least = _zod.def.minimum as number;
    else throw new Uncompiled();
  }
  if (least > 1 || most < 1) throw new Uncompiled();
  const some = `${item}(?:,${item}){0,${Number.isFinite(most) ? most - 1 : ''}}`;
  return String.raw`\[${least === 0 ? `(?:${some})?` : some}\]`;
}

// A pattern made of plain characters and of classes that list plain characters: it cannot match a quote or a backslash.
const INLINE = /^\^((?:[\w:()|?/,{}-]|\\[/.]|\[(?:[\w./:+-]|\\w)+\])*)\$$/;

function stringOf({ checks = [], check }: Definition, conditions: Condition[]): string {
  if (check !== undefined) throw new Uncompiled();
  const [only] = checks;
  const pattern = only?._zod.def.check === 'string_format' ? only._zod.def.pattern : undefined;
  const inline = pattern?.flags === '' ? INLINE.exec(pattern.source)?.[1] : undefined;
  if (checks.length === 1 && inline !== undefined) return `"(?:${plain(inline)})"`;
  const tests = checks.map(({ _zod }) => testOf(_zod.def));
  if (tests.length === 0) return `"${CHARACTER}*"`;
  conditions.push((caught) => tests.every((test) => test(caught)));
  return `"(${CHARACTER}*)"`;
}

/** `source` without captures, and with counted digits written out: V8 runs through a counted class at half the speed. */
function plain(source: string): string {
  return source
    .replaceAll(/\((?!\?)/g, '(?:')
    .replaceAll(/(\[0-9a-f\])\{(\d+)\}/g, (_, one: string, times: string) => one.repeat(Number(times)));
}

function testOf(definition: Check): Condition {
  const { check, format, pattern, maximum, minimum } = definition;
  if (check === 'string_format' && format === 'regex' && pattern?.flags === '')
    return (text) => pattern.test(text);
  if (check === 'max_length' && maximum !== undefined) return (text) => text.length <= maximum;
  if (check === 'min_length' && minimum !== undefined) return (text) => text.length >= minimum;
  return refinementOf(definition);
}

function integerOf({ check, format, checks = [] }: Definition, conditions: Condition[]): string {
  if (check !== 'number_format' || format !== 'safeint') throw new Uncompiled();
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { _zod } of checks) {
    const { check: kind, value, inclusive } = _zod.def;
    if (value === undefined || inclusive !== true) throw new Uncompiled();
    if (kind === 'greater_than') least = Math.max(least, value);
    else if (kind === 'less_than') most = Math.min(most, value);
    else throw new Uncompiled();
  }
  const natural = '0|[1-9][0-9]{0,14}';
  if (least === 0 && most === Number.POSITIVE_INFINITY) return `(?:${natural})`;
  conditions.push((caught) => Number(caught) >= least && Number(caught) <= most);
  return `(${natural}|-[1-9][0-9]{0,14})`;
}

const oneOf = (sources: readonly string[]): string => `(?:${sources.join('|')})`;

/** The one spelling of a constant. */
function literalOf(value: unknown): string {
  const text = JSON.stringify(value);
  if (typeof value !== 'string' && typeof value !== 'boolean') throw new Uncompiled();
  if (!new RegExp(`^"?${CHARACTER}*"?$`).test(text)) throw new Uncompiled();
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
