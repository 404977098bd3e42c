/** Answers plain-data cases: the function behind `assay lineage eval`. */
import { announced } from './answers/announced.ts';
import { balance, closable } from './answers/books.ts';
import { disposition } from './answers/disposition.ts';
import { divergence } from './answers/divergence.ts';
import { effective } from './answers/effective.ts';
import { findIncident } from './answers/incident-terms.ts';
import { scope } from './answers/scope.ts';
import { served } from './answers/served.ts';
import { gaps } from './answers/tenure.ts';
import { incidentWindow } from './answers/window.ts';
import type { AsOf } from './as-of.ts';
import { parseCases, type LineageCase } from './input/parse-case.ts';
import { Ledger } from './ledger.ts';
import type { LineageQuery } from './queries.ts';

/**
 * @param json a parsed case file (the format is `cases/README.md`)
 * @returns per case, the answers to its queries as JSON values, in order
 * @throws LineageError `malformed`, with the JSON path of what does not fit
 */
export function evalCases(json: unknown): unknown[][] {
  return parseCases(json).map((item) => evalCase(item));
}

/** The answers to one case's queries, in order. @param ledger an empty one */
export function evalCase(from: LineageCase, ledger: Ledger = new Ledger()): unknown[] {
  for (const record of from.records) ledger.append(record);
  const prefixes = new Map<number, AsOf>();
  return from.queries.map((query) => {
    const known = Math.min(query.afterRecords ?? ledger.size, query.knownAt ?? ledger.size);
    const prefix = prefixes.get(known) ?? ledger.asOf(known);
    prefixes.set(known, prefix);
    return answer(prefix, query);
  });
}

/** One answer in the words of a case file. */
export function answer(prefix: AsOf, query: LineageQuery): unknown {
  switch (query.op) {
    case 'announced':
      return Object.fromEntries(announced(prefix, query.channel, query));
    case 'served':
      return served(prefix, query.output);
    case 'divergence':
      return divergence(prefix, query.output, query.grace);
    case 'scope':
      return scopeInWords(prefix, query.incident);
    case 'window':
      return windowInWords(prefix, query.incident);
    case 'disposition':
      return disposition(prefix, query.incident, query.record);
    case 'effective':
      return effective(prefix, query.incident, query.record);
    case 'balance':
      return Object.fromEntries(balance(prefix, query.incident));
    case 'closable':
      return closable(prefix, query.incident);
  }
}

function scopeInWords(prefix: AsOf, incident: string): unknown {
  const { affected, possible } = scope(prefix, incident);
  const words = (ids: Uint32Array): string[] =>
    Array.from(ids, (id) => prefix.ledger.records.text(id)).sort();
  return { affected: words(affected.ids), possible: words(possible.ids), gaps: gaps(prefix, incident) };
}

// A case may ask at a time when its incident was not open yet: then there is no window.
function windowInWords(prefix: AsOf, incident: string): unknown {
  if (findIncident(prefix, incident) === null) return null;
  const window = incidentWindow(prefix, incident);
  return { ...window, announced: Object.fromEntries(window.announced) };
}
