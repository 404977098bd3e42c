/** Blocks of ports for networks of tests: each file of a run has its own, and runs beside each other seldom share one. */
const BLOCK = 20;

/** First port of block `number` (0 to 3) of this run. */
export const portBlock = (number: number): number => 24_000 + ((process.pid % 100) * 4 + number) * BLOCK;
