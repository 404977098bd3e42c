/** What a draw from the outputs that only suspect nodes clear has shown, and whether it covers them (PROTOCOL 6.2). */
import type { AsOf } from '../as-of.ts';
import { drawSample, samplingBound } from '../triage/sampling.ts';
import { clearedBySelfOnly } from './self-cleared.ts';

/** A draw, by what anybody needs to repeat it. */
export interface ClearedDraw {
  /** The prefix as of which the set was taken. */
  readonly at: AsOf;
  readonly seed: Uint8Array;
  readonly count: number;
}

/** What came of a draw, as known now. Ids are sorted. */
export interface ClearedSample {
  /** The set that was drawn from, by its size. */
  readonly of: number;
  readonly drawn: readonly string[];
  /** Drawn, and still resting on their own node's word alone. */
  readonly unexamined: readonly string[];
  /** Drawn, and found to be made by another version than their receipt says: no bound follows from such a draw. */
  readonly different: readonly string[];
  /** In the set now and not when it was drawn from: the draw says nothing of them. */
  readonly uncovered: readonly string[];
  /** At most this share of the set may be different, at 95 % confidence, rounded up to six decimals; `0` for a whole set. */
  readonly bound: string;
}

/** Judges a draw at `now`. @throws LineageError `unknown-incident` */
export function clearedSample(
  now: AsOf,
  incident: string,
  { at: then, seed, count }: ClearedDraw,
): ClearedSample {
  const set = clearedBySelfOnly(then, incident);
  const drawn = drawSample(set, seed, count).toSorted();
  const { evidence, records } = now.ledger;
  const isUnexamined = (id: string): boolean => evidence.onlySelf(records.find(id), now.known);
  const maker = (prefix: AsOf, id: string): number => evidence.maker(records.find(id), prefix.known);
  const known = new Set(set);
  return {
    of: set.length,
    drawn,
    unexamined: drawn.filter(isUnexamined),
    different: drawn.filter((id) => !isUnexamined(id) && maker(now, id) !== maker(then, id)),
    uncovered: clearedBySelfOnly(now, incident).filter((id) => !known.has(id)),
    bound: boundText(drawn.length, set.length),
  };
}

function boundText(drawn: number, of: number): string {
  if (drawn === of) return '0';
  const millionths = Math.ceil(samplingBound(drawn) * 1e6);
  return (millionths / 1e6).toFixed(6).replace(/\.?0+$/, '');
}
