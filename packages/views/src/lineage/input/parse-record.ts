/** Turns one untrusted JSON value into a lineage record, or says exactly what is wrong with it. */
import {
  EVIDENCE_GRADE,
  type EvidenceSource,
  type LineageRecord,
  type Reversibility,
  type Scalar,
} from '../records.ts';
import {
  at,
  flag,
  integer,
  isScalar,
  objectAt,
  optional,
  optionalText,
  refuse,
  show,
  text,
  texts,
  type Fields,
} from './fields.ts';
import { parseAmendment, parseTerms } from './parse-incident.ts';

type Kind = LineageRecord['kind'];

/**
 * Reads one record in the format of the plain-data cases (`cases/README.md`), which is also the view's own.
 * Unknown further fields are allowed: a newer writer may say more.
 *
 * @param path JSON path of `value`, for messages
 * @throws LineageError `malformed`
 */
export function parseRecord(value: unknown, path = 'record'): LineageRecord {
  const from = objectAt(value, path);
  const kind = optional(from, 'kind');
  const parse = typeof kind === 'string' && Object.hasOwn(PARSERS, kind) ? PARSERS[kind as Kind] : undefined;
  if (parse === undefined) {
    return refuse(
      at(from, 'kind'),
      `unknown kind ${show(kind)}`,
      `Use one of ${Object.keys(PARSERS).join(', ')}.`,
    );
  }
  return parse(from, integer(from, 't', 0));
}

const PARSERS: Readonly<Record<Kind, (from: Fields, t: number) => LineageRecord>> = {
  decision: (from, t) => ({
    kind: 'decision',
    t,
    channel: text(from, 'channel'),
    to: parseWeights(from),
    authorized: flag(from, 'authorized', true),
    ...present(
      'effective',
      optional(from, 'effective') === undefined ? undefined : integer(from, 'effective'),
    ),
  }),
  output: (from, t) => ({
    kind: 'output',
    t,
    id: text(from, 'id'),
    channel: text(from, 'channel'),
    node: text(from, 'node'),
    from: texts(from, 'from'),
    ...parseBracket(from, t),
    ...present('pin', optionalText(from, 'pin')),
    ...present('copyOf', optionalText(from, 'copyOf')),
    ...present('rerunOf', optionalText(from, 'rerunOf')),
    ...present('fields', furtherFields(from)),
  }),
  evidence: (from, t) => ({
    kind: 'evidence',
    t,
    output: text(from, 'output'),
    version: text(from, 'version'),
    by: parseSource(from),
  }),
  lease: (from, t) => ({ kind: 'lease', t, node: text(from, 'node'), version: text(from, 'version') }),
  drain: (from, t) => ({ kind: 'drain', t, node: text(from, 'node'), version: text(from, 'version') }),
  act: (from, t) => ({
    kind: 'act',
    t,
    id: text(from, 'id'),
    from: texts(from, 'from'),
    ...parseBracket(from, t),
    ...present('type', optionalText(from, 'type')),
    ...present('harmCap', parseAmount(from, 'harmCap')),
    ...present('reversibility', parseReversibility(from)),
  }),
  derive: (from, t) => ({
    kind: 'derive',
    t,
    to: text(from, 'to'),
    source: text(from, 'source'),
    propagates: flag(from, 'propagates', true),
    ...(flag(from, 'possibleOnly', false) ? { possibleOnly: true } : {}),
  }),
  incident: (from, t) => ({ kind: 'incident', t, id: text(from, 'id'), terms: parseTerms(from) }),
  amend: (from, t) => ({
    kind: 'amend',
    t,
    incident: text(from, 'incident'),
    set: parseAmendment(objectAt(optional(from, 'set'), at(from, 'set'))),
  }),
  disposition: (from, t) => ({
    kind: 'disposition',
    t,
    incident: text(from, 'incident'),
    target: text(from, 'target'),
    state: parseState(from),
    basis: texts(from, 'basis'),
    ...present('amount', parseAmount(from, 'amount')),
  }),
  reverse: (from, t) => ({ kind: 'reverse', t, target: text(from, 'target') }),
};

/** `{[name]: value}`, or nothing at all: with exact optional properties an absent field is not an undefined one. */
function present<N extends string, V>(name: N, value: V | undefined): { [K in N]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [K in N]?: V };
}

function parseWeights(from: Fields): ReadonlyMap<string, number> {
  const to = objectAt(optional(from, 'to'), at(from, 'to'));
  const weights = new Map<string, number>();
  for (const [version, weight] of Object.entries(to.raw)) {
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0) {
      refuse(at(to, version), `${show(weight)} is not a weight`, 'Weights are numbers from zero up.');
    }
    weights.set(version, weight as number);
  }
  return weights;
}

function parseSource(from: Fields): EvidenceSource {
  const by = text(from, 'by');
  if (Object.hasOwn(EVIDENCE_GRADE, by)) return by as EvidenceSource;
  return refuse(
    at(from, 'by'),
    `unknown source "${by}"`,
    `Use one of ${Object.keys(EVIDENCE_GRADE).join(', ')}.`,
  );
}

// A state nobody knows is kept and is never terminal, so a typing error cannot close an incident.
function parseState(from: Fields): string {
  const state = text(from, 'state');
  if (state === 'total')
    refuse(at(from, 'state'), '"total" is the books\' own row', 'Name a disposition state.');
  return state;
}

// In plain cases it is one more free field of an act; only the three known words mean anything.
function parseReversibility(from: Fields): Reversibility | undefined {
  const word = optional(from, 'reversibility');
  return word === 'retractable' || word === 'compensable' || word === 'irreversible' ? word : undefined;
}

function parseAmount(from: Fields, name: string): string | undefined {
  const amount = optionalText(from, name);
  if (amount !== undefined && !/^(0|[1-9][0-9]*)$/.test(amount)) {
    refuse(at(from, name), `"${amount}" is not an amount`, 'Give a decimal string in the smallest unit.');
  }
  return amount;
}

function parseBracket(from: Fields, t: number): { lo?: number; hi?: number } {
  const lo = integer(from, 'lo', t);
  const hi = integer(from, 'hi', t);
  if (lo > t || t > hi) {
    refuse(from.path, `a bracket [${lo}, ${hi}] that does not hold its own t ${t}`, 'Give lo ≤ t ≤ hi.');
  }
  return lo === t && hi === t ? {} : { lo, hi };
}

/** Fields with columns of their own; the rest is kept for predicates. */
const OUTPUT_COLUMNS: ReadonlySet<string> = new Set([
  'kind',
  'id',
  't',
  'lo',
  'hi',
  'channel',
  'node',
  'pin',
  'copyOf',
  'from',
]);

function furtherFields(from: Fields): ReadonlyMap<string, Scalar> | undefined {
  const fields = new Map<string, Scalar>();
  for (const [name, value] of Object.entries(from.raw)) {
    if (!OUTPUT_COLUMNS.has(name) && isScalar(value)) fields.set(name, value);
  }
  return fields.size === 0 ? undefined : fields;
}
