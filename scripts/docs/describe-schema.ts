/** Says in words what a statement's schema takes, so that the tables of the specification come from the schema itself. */
import type { z } from 'zod';
import { runtime } from '../../packages/core/src/statements/outputs.ts';
import * as scalars from '../../packages/core/src/statements/scalars.ts';
import { streamId } from '../../packages/core/src/statements/serving.ts';

type Schema = z.core.$ZodType;

/** One row of a statement's table. */
export interface Field {
  /** Dotted path within the predicate; `[]` for what a list holds. */
  readonly path: string;
  readonly form: string;
  readonly required: boolean;
}

/** Forms that are written once and named everywhere else. */
export const NAMED: ReadonlyMap<Schema, string> = new Map<Schema, string>([
  ...Object.entries(scalars).map(([name, schema]): [Schema, string] => [schema, name]),
  [runtime, 'runtime'],
  [streamId, 'streamId'],
]);

/** The rows of an object schema; objects within it are taken apart, unless they are named forms. */
export function fieldsOf(schema: Schema, prefix = ''): Field[] {
  const { def } = narrow(schema);
  if (def.type !== 'object') return [];
  return Object.entries(def.shape).flatMap(([name, member]) => {
    const { schema: inner, required } = unwrap(member as Schema);
    const path = `${prefix}${name}`;
    return [{ path, form: formOf(inner), required }, ...nested(inner, path)];
  });
}

function nested(schema: Schema, path: string): Field[] {
  if (NAMED.has(schema)) return [];
  const { def } = narrow(schema);
  if (def.type === 'array') return nested(def.element, `${path}[]`);
  if (def.type === 'union')
    return def.options.flatMap((option) => optional(nested(option, path), def.options));
  return fieldsOf(schema, `${path}.`);
}

/** What only one of several forms has is not required of all. */
function optional(fields: readonly Field[], forms: readonly unknown[]): Field[] {
  return fields.map((field) => ({ ...field, required: field.required && forms.length === 1 }));
}

/** A form in a few words of Markdown. */
export function formOf(schema: Schema): string {
  const name = NAMED.get(schema);
  return name === undefined ? spelledOut(schema) : `[${name}](#forms)`;
}

/** The same without the name: what the row of a named form says. */
export function spelledOut(schema: Schema): string {
  const { def } = narrow(schema);
  switch (def.type) {
    case 'string':
      return textOf(def);
    case 'number':
      return numberOf(def);
    case 'boolean':
      return '`true` or `false`';
    case 'literal':
      return def.values.map((value) => `\`${String(value)}\``).join(' or ');
    case 'enum':
      return Object.values(def.entries)
        .map((value) => `\`${value}\``)
        .join(' ');
    case 'array':
      return `list of ${formOf(def.element)}${limits(def, 'length')}`;
    case 'record':
      return `object: ${formOf(def.keyType)} → ${formOf(def.valueType)}`;
    case 'union':
      return def.options.map(formOf).join(' or ');
    case 'object':
      return `object {${fieldsOf(schema)
        .filter(({ path }) => !path.includes('.'))
        .map(({ path, required }) => (required ? path : `${path}?`))
        .join(', ')}}`;
    default:
      throw new TypeError(`no words for the schema type ${def.type}`);
  }
}

interface Checked {
  readonly checks?: readonly { readonly _zod: { readonly def: object } }[] | undefined;
}

interface CheckDef {
  readonly check?: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly maximum?: number;
  readonly minimum?: number;
  readonly value?: number;
  readonly error?: (issue: unknown) => unknown;
}

const checksOf = (def: object): CheckDef[] =>
  ((def as Checked).checks ?? []).map(({ _zod }) => _zod.def as CheckDef);

function textOf(def: object): string {
  const checks = checksOf(def);
  const worded = checks.map(({ error }) => error?.({})).find((words) => typeof words === 'string');
  if (typeof worded === 'string') return escaped(worded.replace(/^expected /, ''));
  const pattern = checks.find((check) => check.pattern !== undefined)?.pattern;
  const format = (def as CheckDef).format === 'url' ? 'URL' : 'text';
  return `${format}${pattern === undefined ? '' : ` \`${pattern.source}\``}${limits(def, 'characters')}`;
}

/** Text with placeholders such as <key> is code, or Markdown would take them for markup. */
const escaped = (text: string): string => (text.includes('<') ? `\`${text}\`` : text);

function numberOf(def: object): string {
  const checks = checksOf(def);
  const low = checks.find(({ check }) => check === 'greater_than')?.value;
  const high = checks.find(({ check }) => check === 'less_than')?.value;
  if (high !== undefined) return `integer, ${low ?? 'any'} to ${high}`;
  return low === undefined ? 'integer' : `integer, at least ${low}`;
}

function limits(def: object, unit: 'length' | 'characters'): string {
  const checks = checksOf(def);
  const low = checks.find(({ minimum }) => minimum !== undefined)?.minimum;
  const high = checks.find(({ maximum }) => maximum !== undefined)?.maximum;
  const of = unit === 'characters' ? ' characters' : '';
  if (high === undefined) return '';
  return low === undefined ? `, at most ${high}${of}` : `, ${low} to ${high}${of}`;
}

function unwrap(schema: Schema): { schema: Schema; required: boolean } {
  const { def } = narrow(schema);
  return def.type === 'optional' ? { schema: def.innerType, required: false } : { schema, required: true };
}

const narrow = (schema: Schema): { readonly def: z.core.$ZodTypes['_zod']['def'] } => ({
  def: (schema as z.core.$ZodTypes)._zod.def,
});
