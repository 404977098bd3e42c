/** Ranges of blocks that a public JSON-RPC answers events of at once; providers refuse more, or cut the answer short. */

/** Blocks asked about at once. */
export const BLOCKS_AT_ONCE = 2_000;

/** Where events are looked for; both ends are included. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** The ranges from `from` to `to`, the oldest first. */
export function* rangesUp({ from, to }: BlockRange): Generator<BlockRange> {
  for (let at = from; at <= to; at += BLOCKS_AT_ONCE)
    yield { from: at, to: Math.min(to, at + BLOCKS_AT_ONCE - 1) };
}

/** The same ranges' blocks, the newest first: what is looked for is mostly near the end. */
export function* rangesDown({ from, to }: BlockRange): Generator<BlockRange> {
  for (let at = to; at >= from; at -= BLOCKS_AT_ONCE)
    yield { from: Math.max(from, at - BLOCKS_AT_ONCE + 1), to: at };
}
