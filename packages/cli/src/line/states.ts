/** How states of the books are told apart: what is settled, in which order they stand, and what they are called. */

const SETTLED: ReadonlySet<string> = new Set([
  'rerun_same',
  'compensated',
  'accepted',
  'not_affected',
  'superseded',
]);

/** Order in the books: what needs somebody first. */
const ORDER = [
  'open',
  'disputed',
  'acknowledged',
  'rerun_different',
  'accepted',
  'compensated',
  'superseded',
  'rerun_same',
  'not_affected',
];

/** Whether nothing remains to be done about a record in this state. */
export const isSettled = (state: string): boolean => SETTLED.has(state);

/** Books in their fixed order; states that are unknown here come first, since nobody handled them. */
export function inOrder<T extends { readonly state: string }>(books: readonly T[]): T[] {
  return books.toSorted(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.state < b.state ? -1 : 1),
  );
}

/** A state in words: `rerun_same` is `rerun same`. */
export const stateText = (state: string): string => state.replaceAll('_', ' ');

/** How many found the same scope root, in words. */
export const recomputedText = ({ same, of }: { readonly same: number; readonly of: number }): string =>
  `recomputed by ${same} of ${of}`;
