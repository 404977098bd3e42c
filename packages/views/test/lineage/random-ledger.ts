/** Random case files that hit every feature of the plain-data format, small enough to be told apart by eye. */
import fc from 'fast-check';
import type { Raw } from './brute-force.ts';

const RECORDS = ['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7', 'o8', 'o9', 'a1', 'a2', 'a3'];
const VERSIONS = ['v6', 'v7', 'v8'];
const NODES = ['n1', 'n2'];
const CHANNELS = ['prod', 'eu'];
const INCIDENTS = ['I', 'J', 'K'];
const STATES = [
  'rerun_same',
  'rerun_same',
  'rerun_same',
  'not_affected',
  'rerun_different',
  'compensated',
  'accepted',
  'not_affected',
  'superseded',
  'acknowledged',
  'disputed',
  'open',
];

const time = fc.integer({ min: 0, max: 12 });
const id = fc.constantFrom(...RECORDS);
const version = fc.constantFrom(...VERSIONS);
const node = fc.constantFrom(...NODES);
const channel = fc.constantFrom(...CHANNELS);
const incident = fc.constantFrom(...INCIDENTS);
const ids = fc.uniqueArray(id, { maxLength: 3 });
const weights = fc.dictionary(version, fc.constantFrom(0, 0.1, 1, 5), { maxKeys: 3, noNullPrototype: true });

type Fields = Record<string, fc.Arbitrary<unknown>>;

/** An object of `kind` in which the optional fields may be missing. */
function record(kind: string, required: Fields, optional: Fields = {}): fc.Arbitrary<Raw> {
  const all = { kind: fc.constant(kind), ...required, t: time, ...optional };
  return fc.record(all, {
    requiredKeys: ['kind', ...Object.keys(required)] as 'kind'[],
  }) as fc.Arbitrary<Raw>;
}

const predicate: fc.Arbitrary<Raw> = fc.oneof(
  fc.record({ field: fc.constant('t'), lt: time }),
  fc.record({ field: fc.constant('t'), gte: time, lt: time }),
  fc.record({ field: fc.constant('tenant'), eq: fc.constantFrom<unknown>('x', 'y', 3, null) }),
  fc.record({ field: fc.constant('tenant'), gte: fc.constantFrom<unknown>('x', 2) }),
  fc.record({ field: fc.constantFrom('node', 'channel', 'pin'), eq: fc.oneof(node, channel, version) }),
);

const terms: Fields = {
  versions: fc.uniqueArray(version, { minLength: 1, maxLength: 2 }),
  nodes: fc.uniqueArray(node, { minLength: 1 }),
  bad_to: time,
  where: fc.array(predicate, { maxLength: 2 }),
};

/** Whether outputs and acts get brackets, which plain cases do not have. */
export interface Shape {
  readonly brackets: boolean;
}

function output(shape: Shape): fc.Arbitrary<Raw> {
  const plain = record(
    'output',
    { id, channel, node },
    {
      pin: version,
      from: ids,
      rerunOf: id,
      tenant: fc.constantFrom<unknown>('x', 'y', 'z', 3, null),
    },
  );
  const copied = fc
    .tuple(plain, fc.option(id, { freq: 4 }))
    .map(([o, copyOf]) => (copyOf ? { ...o, copyOf } : o));
  if (!shape.brackets) return copied;
  const slack = fc.integer({ min: 0, max: 4 });
  return fc.tuple(copied, slack, slack).map(([o, below, above]) => {
    const t = (o['t'] as number | undefined) ?? 0;
    return { ...o, lo: t - below, hi: t + above };
  });
}

function anyRecord(shape: Shape): fc.Arbitrary<Raw> {
  const weak = shape.brackets ? { possibleOnly: fc.boolean() } : {};
  return fc.oneof(
    {
      weight: 4,
      arbitrary: record('decision', { channel, to: weights }, { effective: time, authorized: fc.boolean() }),
    },
    { weight: 9, arbitrary: output(shape) },
    {
      weight: 7,
      arbitrary: record('evidence', {
        output: id,
        version,
        by: fc.constantFrom('self', 'client', 'quorum', 'tee', 'reexec', 'proof'),
      }),
    },
    { weight: 2, arbitrary: record('lease', { node, version }) },
    { weight: 2, arbitrary: record('drain', { node, version }) },
    { weight: 4, arbitrary: record('act', { id, from: ids }, { type: fc.constant('payment') }) },
    { weight: 3, arbitrary: record('derive', { to: id, source: id }, { propagates: fc.boolean(), ...weak }) },
    { weight: 3, arbitrary: record('incident', { id: incident, bad_from: time }, terms) },
    { weight: 2, arbitrary: record('amend', { incident, set: amendment }) },
    {
      weight: 6,
      arbitrary: record(
        'disposition',
        { incident, target: id, state: fc.constantFrom(...STATES) },
        { basis: ids },
      ),
    },
    { weight: 1, arbitrary: record('reverse', { target: id }) },
  );
}

const amendment = fc.record(
  { ...terms, bad_from: time, status: fc.constantFrom('dismissed', 'open') },
  { requiredKeys: [] },
);

/** A ledger of up to `size` records that always opens with an incident on v7 and an announcement of it. */
export function ledgers(shape: Shape, size = 60): fc.Arbitrary<readonly Raw[]> {
  const opening = fc.constant<readonly Raw[]>([
    { kind: 'decision', channel: 'prod', t: 0, to: { v6: 1 } },
    { kind: 'decision', channel: 'prod', t: 5, to: { v7: 1 } },
    { kind: 'incident', id: 'I', versions: ['v7'], bad_from: 2, t: 9 },
  ]);
  return fc
    .tuple(opening, fc.array(anyRecord(shape), { minLength: 5, maxLength: size, size: 'max' }))
    .map(([first, rest]) => [...first, ...rest]);
}

/** Every question that can be asked of a ledger as known at `known`. */
export function everyQuery(known: number, inScope: (incident: string) => readonly string[]): Raw[] {
  const prefix = { afterRecords: known };
  const queries: Raw[] = [];
  for (const of of CHANNELS) {
    for (const at of [0, 3, 5, 8, 12]) {
      queries.push({ op: 'announced', channel: of, at, ...prefix });
      queries.push({ op: 'announced', channel: of, at, corrected: true, ...prefix });
    }
  }
  for (const output of RECORDS) {
    queries.push({ op: 'served', output, ...prefix });
    for (const grace of [0, 2]) queries.push({ op: 'divergence', output, grace, ...prefix });
  }
  for (const of of INCIDENTS) {
    for (const op of ['scope', 'window', 'balance', 'closable'])
      queries.push({ op, incident: of, ...prefix });
    for (const name of RECORDS) queries.push({ op: 'disposition', incident: of, record: name, ...prefix });
    for (const name of inScope(of)) queries.push({ op: 'effective', incident: of, record: name, ...prefix });
  }
  return queries;
}
