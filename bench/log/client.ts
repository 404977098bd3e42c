/**
 * A load generator as a process of its own: `client.ts URL MODE SECONDS RUN`. Prints JSON: entries done, and latencies
 * in milliseconds. Its CPU is not the server's.
 */
import { Pool } from 'undici';

const ENTRY_BYTES = 256;
const BATCH = 1_000;

const [, , url = '', mode = 'single', seconds = '3', run = '0'] = process.argv;
const end = performance.now() + Number(seconds) * 1_000;
let made = 0;
let done = 0;
const latencies: number[] = [];

/** Entries that no other run makes. */
function entry(): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES, 0x61);
  bytes.write(`${mode} ${run} ${made++} `);
  return bytes;
}

function batch(): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i < BATCH; i++) parts.push(Buffer.from([ENTRY_BYTES >> 8, ENTRY_BYTES & 0xff]), entry());
  return Buffer.concat(parts);
}

async function post(pool: Pool, path: string, body: Buffer): Promise<void> {
  const start = performance.now();
  const { statusCode, body: answer } = await pool.request({ method: 'POST', path, body });
  const text = await answer.text();
  if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}: ${text}`);
  latencies.push(performance.now() - start);
}

/** As many requests at once as there are lanes. */
async function closedLoop(
  lanes: number,
  path: string,
  make: () => { body: Buffer; count: number },
): Promise<void> {
  const pool = new Pool(url, { connections: lanes, pipelining: 1 });
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      const { body, count } = make();
      await post(pool, path, body);
      done += count;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await pool.close();
}

/** Requests at a steady rate, whether or not the earlier ones were answered. */
async function openLoop(perSecond: number, path: string): Promise<void> {
  const pool = new Pool(url, { connections: 64, pipelining: 1 });
  const start = performance.now();
  const pending: Promise<void>[] = [];
  for (let i = 0; performance.now() < end; i++) {
    const wait = start + (i * 1_000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    pending.push(post(pool, path, entry()));
  }
  await Promise.all(pending);
  done = latencies.length;
  await pool.close();
}

if (mode === 'single') await closedLoop(64, '/append', () => ({ body: entry(), count: 1 }));
else if (mode === 'batch') await closedLoop(4, '/append-batch', () => ({ body: batch(), count: BATCH }));
else if (mode === 'paced') await openLoop(300, '/append');
else await openLoop(50, '/append?wait=witnessed');
process.stdout.write(JSON.stringify({ done, latencies }));
