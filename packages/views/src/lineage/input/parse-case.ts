/** Reads a file of plain-data cases: `[{name, records, queries}]`, each query with the answer it expects. */
import type { LineageQuery } from '../queries.ts';
import type { LineageRecord } from '../records.ts';
import {
  at,
  flag,
  integer,
  listAt,
  objectAt,
  optional,
  optionalCount,
  refuse,
  show,
  text,
  type Fields,
} from './fields.ts';
import { parseRecord } from './parse-record.ts';

export interface LineageCase {
  readonly name: string;
  readonly records: readonly LineageRecord[];
  readonly queries: readonly LineageQuery[];
  /** The `answer` of each query as the file has it; undefined where it has none. */
  readonly answers: readonly unknown[];
}

/**
 * @param json a parsed case file
 * @throws LineageError `malformed`, with the JSON path, as in `cases[3].records[2].to.v7`
 */
export function parseCases(json: unknown): readonly LineageCase[] {
  return listAt(json, 'cases').map((item, i) => parseCase(objectAt(item, `cases[${i}]`)));
}

function parseCase(from: Fields): LineageCase {
  const [records, queries] = [at(from, 'records'), at(from, 'queries')];
  const asked = listAt(optional(from, 'queries'), queries).map((q, i) => objectAt(q, `${queries}[${i}]`));
  return {
    name: optional(from, 'name') === undefined ? '' : text(from, 'name'),
    records: listAt(optional(from, 'records'), records).map((r, i) => parseRecord(r, `${records}[${i}]`)),
    queries: asked.map(parseQuery),
    answers: asked.map((q) => q.raw['answer']),
  };
}

function parseQuery(from: Fields): LineageQuery {
  const op = optional(from, 'op');
  const parse =
    typeof op === 'string' && Object.hasOwn(QUERIES, op) ? QUERIES[op as LineageQuery['op']] : undefined;
  if (parse === undefined) {
    return refuse(at(from, 'op'), `unknown op ${show(op)}`, `Use one of ${Object.keys(QUERIES).join(', ')}.`);
  }
  const afterRecords = optionalCount(from, 'afterRecords');
  const knownAt = optionalCount(from, 'knownAt');
  return {
    ...parse(from),
    ...(afterRecords === undefined ? {} : { afterRecords }),
    ...(knownAt === undefined ? {} : { knownAt }),
  };
}

const ofIncident =
  <Op extends 'scope' | 'window' | 'balance' | 'closable'>(op: Op) =>
  (from: Fields): LineageQuery => ({ op, incident: text(from, 'incident') });

const ofRecord =
  <Op extends 'disposition' | 'effective'>(op: Op) =>
  (from: Fields): LineageQuery => ({ op, incident: text(from, 'incident'), record: text(from, 'record') });

const QUERIES: Readonly<Record<LineageQuery['op'], (from: Fields) => LineageQuery>> = {
  announced: (from) => ({
    op: 'announced',
    channel: text(from, 'channel'),
    at: integer(from, 'at'),
    corrected: flag(from, 'corrected', false),
  }),
  served: (from) => ({ op: 'served', output: text(from, 'output') }),
  divergence: (from) => ({
    op: 'divergence',
    output: text(from, 'output'),
    grace: optionalCount(from, 'grace') ?? 0,
  }),
  scope: ofIncident('scope'),
  window: ofIncident('window'),
  balance: ofIncident('balance'),
  closable: ofIncident('closable'),
  disposition: ofRecord('disposition'),
  effective: ofRecord('effective'),
};
