/** Short words for the tests: a ledger of raw records, and one question of it. */
import { evalCases, Ledger, parseRecord, type AsOf } from '../../src/index.ts';
import type { Raw } from './brute-force.ts';

/** The answer to one raw query over raw records. */
export function ask(records: readonly Raw[], query: Raw): unknown {
  return evalCases([{ name: 'test', records, queries: [query] }])[0]?.[0];
}

/** The prefix that holds all of `records`. */
export function asOf(records: readonly Raw[]): AsOf {
  const ledger = new Ledger();
  for (const record of records) ledger.append(parseRecord(record));
  return ledger.asOf();
}

/** A decision that gives `version` all the weight. */
export const decide = (t: number, version: string, more: Raw = {}): Raw => ({
  kind: 'decision',
  channel: 'prod',
  t,
  to: { [version]: 1 },
  ...more,
});

/** An output on channel prod at node n1. */
export const output = (id: string, t: number, more: Raw = {}): Raw => ({
  kind: 'output',
  id,
  t,
  channel: 'prod',
  node: 'n1',
  ...more,
});

export const evidence = (of: string, version: string, by = 'reexec'): Raw => ({
  kind: 'evidence',
  output: of,
  version,
  by,
});

export const act = (id: string, from: readonly string[], more: Raw = {}): Raw => ({
  kind: 'act',
  id,
  from,
  ...more,
});

/** An incident on v7 from 0. */
export const incident = (id: string, more: Raw = {}): Raw => ({
  kind: 'incident',
  id,
  versions: ['v7'],
  bad_from: 0,
  t: 50,
  ...more,
});

export const dispose = (target: string, state: string, more: Raw = {}): Raw => ({
  kind: 'disposition',
  incident: 'I',
  target,
  state,
  ...more,
});

/** v6, then v7 from 10, then v6 again from 20. */
export const rolledBack: readonly Raw[] = [decide(0, 'v6'), decide(10, 'v7'), decide(20, 'v6')];
