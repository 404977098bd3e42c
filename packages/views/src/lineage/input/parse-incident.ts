/** Reads what an incident says, in full (`incident`) or in part (`amend.set`). */
import type { IncidentTerms, Predicate } from '../records.ts';
import {
  at,
  integer,
  isScalar,
  listAt,
  objectAt,
  optional,
  optionalTexts,
  refuse,
  show,
  text,
  textAt,
  type Fields,
} from './fields.ts';

/** The terms of an `incident` record; what it does not restrict is null. */
export function parseTerms(from: Fields): IncidentTerms {
  const bounds = { bad_from: integer(from, 'bad_from'), bad_to: boundOrNull(from, 'bad_to') };
  return {
    versions: optionalTexts(from, 'versions') ?? null,
    nodes: optionalTexts(from, 'nodes') ?? null,
    ...bounds,
    where: parseWhere(from),
    status: optional(from, 'status') === undefined ? 'open' : text(from, 'status'),
  };
}

/** The terms that an amendment names, and only those; null lifts a restriction. */
export function parseAmendment(from: Fields): Partial<IncidentTerms> {
  const named = (name: string): boolean => Object.hasOwn(from.raw, name);
  return {
    ...(named('versions') ? { versions: optionalTexts(from, 'versions') ?? null } : {}),
    ...(named('nodes') ? { nodes: optionalTexts(from, 'nodes') ?? null } : {}),
    ...(named('bad_from') ? { bad_from: integer(from, 'bad_from') } : {}),
    ...(named('bad_to') ? { bad_to: boundOrNull(from, 'bad_to') } : {}),
    ...(named('where') ? { where: parseWhere(from) } : {}),
    ...(named('status') ? { status: text(from, 'status') } : {}),
  };
}

function boundOrNull(from: Fields, name: string): number | null {
  return optional(from, name) === undefined ? null : integer(from, name);
}

function parseWhere(from: Fields): readonly Predicate[] {
  const value = optional(from, 'where');
  if (value === undefined) return [];
  const path = at(from, 'where');
  return listAt(value, path).map((item, i) => parsePredicate(objectAt(item, `${path}[${i}]`)));
}

function parsePredicate(from: Fields): Predicate {
  const has = { eq: Object.hasOwn(from.raw, 'eq'), lt: hasOrder(from, 'lt'), gte: hasOrder(from, 'gte') };
  if (!has.eq && !has.lt && !has.gte) {
    refuse(from.path, `a predicate with no comparison: ${show(from.raw)}`, 'Give one of eq, lt, gte.');
  }
  return {
    field: textAt(optional(from, 'field'), at(from, 'field')),
    ...(has.eq ? { eq: scalar(from, 'eq') } : {}),
    ...(has.lt ? { lt: ordered(from, 'lt') } : {}),
    ...(has.gte ? { gte: ordered(from, 'gte') } : {}),
  };
}

const hasOrder = (from: Fields, name: string): boolean => optional(from, name) !== undefined;

function scalar(from: Fields, name: string): Predicate['eq'] & (string | number | boolean | null) {
  const value = from.raw[name];
  if (isScalar(value)) return value;
  return refuse(
    at(from, name),
    `cannot compare with ${show(value)}`,
    'Give a string, number, boolean or null.',
  );
}

function ordered(from: Fields, name: string): string | number {
  const value = from.raw[name];
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  return refuse(at(from, name), `cannot order by ${show(value)}`, 'Give a number or a string.');
}
