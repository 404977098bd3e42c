/** Small matters of language. */

/** 1 shard, 2 shards. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
