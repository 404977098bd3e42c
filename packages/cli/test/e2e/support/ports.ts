/** Blocks of ports for networks of tests, none of them taken by anybody when they are given out. */
import { createServer } from 'node:net';

/** Ports that a network may take. */
const BLOCK = 20;
const [FIRST, LAST] = [24_000, 31_900];

/** First port of a free block. Runs beside each other begin their search at different places. */
export async function freePorts(): Promise<number> {
  const blocks = Math.floor((LAST - FIRST) / BLOCK);
  for (let tried = 0; tried < blocks; tried++) {
    const first = FIRST + ((process.pid * 7 + tried) % blocks) * BLOCK;
    const free = await Promise.all(Array.from({ length: BLOCK }, (_, i) => isFree(first + i)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${BLOCK} ports in a row are free between ${FIRST} and ${LAST}`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** First port of block `number` (0 to 4) of this process, taken on trust: for where nothing can be waited for. */
export const portBlock = (number: number): number => 20_000 + ((process.pid % 40) * 5 + number) * BLOCK;
