/** Which private fields of a request are erased, and how a kept record says so without changing its length. */
import type { Predicate } from '@assay/core';
import type { Salts } from '../inference-node/wire/index.ts';

/** A private field of a request. */
export type PrivateField = keyof Salts;

/** No salt is this: 32 zero bytes mark a field whose content and salt were erased. */
const ERASED_SALT = '0'.repeat(64);

/** What a `payload.erase` names of a request. The request's bytes name the digest of the input, so they go with it. */
export function fieldsToErase({ fields }: Predicate<'payload.erase'>): readonly PrivateField[] {
  const named = new Set<string>(fields);
  if (named.has('input')) named.add('request');
  return (['request', 'input', 'output'] as const).filter((field) => named.has(field));
}

/** The salts with those of `fields` erased. */
export function withoutSalts(salts: Salts, fields: readonly PrivateField[]): Salts {
  const left = { ...salts };
  for (const field of fields) left[field] = ERASED_SALT;
  return left;
}

/** Fields that were erased. */
export const erasedFields = (salts: Salts): readonly PrivateField[] =>
  (['request', 'input', 'output'] as const).filter((field) => salts[field] === ERASED_SALT);
