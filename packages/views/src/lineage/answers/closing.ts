/** Whether an incident may be closed for good: closable, and the same scope root found by enough operators (I10). */
import { fromHex } from '@assay/core';
import type { AsOf } from '../as-of.ts';
import { closable, type Closable } from './books.ts';
import { clearedSample } from './cleared-sample.ts';
import { scopeRoot } from './scope-root.ts';
import { clearedBySelfOnly } from './self-cleared.ts';

/** Distinct operators that must have recomputed the scope root before an incident closes, unless more are asked for. */
export const CLOSING_OPERATORS = 2;

/** One operator's word that it recomputed the scope at this prefix (PROTOCOL 6.1). */
export interface ScopeAttestation {
  readonly operator: string;
  readonly incident: string;
  readonly knownAt: number;
  /** Hex. */
  readonly root: string;
}

/**
 * @param wanted the root computed here, and how many distinct operators must have found it
 * @returns closable as of the prefix, with everything that still stands in the way
 */
export function closingAt(
  prefix: AsOf,
  incident: string,
  wanted: { root: string; operators: number; attestations: readonly ScopeAttestation[] },
): Closable {
  const { ok, why } = closable(prefix, incident);
  const about = wanted.attestations.filter((a) => a.incident === incident && a.knownAt === prefix.known);
  const agreeing = new Set(about.filter((a) => a.root === wanted.root).map((a) => a.operator));
  const differing = about.filter((a) => a.root !== wanted.root).map((a) => a.operator);
  const missing = wanted.operators - agreeing.size;
  const reasons = [
    ...why,
    ...(missing > 0 ? [`scope root recomputed by ${agreeing.size} of ${wanted.operators}`] : []),
    ...[...new Set(differing)].sort().map((operator) => `another scope root was found by ${operator}`),
  ];
  return { ok: ok && reasons.length === 0, why: reasons };
}

/** A statement that an incident is closed, and whose word it rests on. */
export interface LoggedClose {
  readonly id: string;
  readonly index: number;
  /** The witnessed size as of which it was closed. */
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** Operators whose named attestations are in the log and found this root at this size. */
  readonly operators: readonly string[];
  /** The draw from what only suspect nodes cleared; absent when there was nothing to draw from. */
  readonly sample?: StatedSample;
}

/** A draw as a certificate states it (PROTOCOL 6.2). */
export interface StatedSample {
  /** The size as of which the set was taken. */
  readonly size: number;
  readonly of: number;
  readonly drawn: number;
  /** Hex. */
  readonly seed: string;
  readonly bound: string;
}

/** Where an incident stands: closed is relative to a size, and a late record reopens it. */
export type Closure =
  | { readonly state: 'open' }
  | { readonly state: 'closed'; readonly by: LoggedClose }
  | { readonly state: 'reopened'; readonly by: LoggedClose; readonly why: readonly string[] };

/**
 * Whether the newest valid close still holds at the prefix. A close that names another root than the log gives at its
 * size, that was not closable there, that states no draw confirmed by then from what only suspect nodes cleared, or that too
 * few operators stand behind, is none: anybody joined can log one.
 */
export function closureAt(
  prefix: AsOf,
  incident: string,
  closes: readonly LoggedClose[],
  operators = CLOSING_OPERATORS,
): Closure {
  const by = closes.findLast((close) => isValid(prefix, incident, close, operators));
  if (by === undefined) return { state: 'open' };
  const { ok, why } = closable(prefix, incident);
  return ok ? { state: 'closed', by } : { state: 'reopened', by, why };
}

function isValid(prefix: AsOf, incident: string, close: LoggedClose, operators: number): boolean {
  if (close.size > prefix.known || new Set(close.operators).size < operators) return false;
  const then = prefix.ledger.asOf(close.size);
  return (
    closable(then, incident).ok &&
    scopeRoot(then, incident) === close.root &&
    isSampled(then, incident, close.sample)
  );
}

/** Repeats the draw that a close states: of it nothing may be unexamined, different, or left out. */
function isSampled(then: AsOf, incident: string, stated: StatedSample | undefined): boolean {
  if (clearedBySelfOnly(then, incident).length === 0) return true;
  if (stated === undefined || stated.size > then.known) return false;
  const at = then.ledger.asOf(stated.size);
  const found = clearedSample(then, incident, { at, seed: fromHex(stated.seed), count: stated.drawn });
  const against = [found.unexamined, found.different, found.uncovered];
  return (
    against.every(({ length }) => length === 0) &&
    found.drawn.length === stated.drawn &&
    found.of === stated.of &&
    found.bound === stated.bound
  );
}
