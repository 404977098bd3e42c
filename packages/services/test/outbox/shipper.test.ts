import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8, utf8 } from '@assay/core';
import { decodeBundle } from '@assay/log';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogClient } from '../../src/log-client/index.ts';
import { openOutbox, type Outbox, Shipper, type ShippingProblem } from '../../src/outbox/index.ts';
import { logSink } from '../../src/participant/index.ts';

let directory = '';
let outbox: Outbox;
let shipper: Shipper;
let server: Server;
let url = '';
/** Entries in the order in which the log took them, repeats included. */
let taken: string[] = [];
/** Requests so far. */
let asked = 0;
let problems: ShippingProblem[] = [];
/** What the log says to the next requests: a status, or 'drop' for a connection that ends; then it takes everything. */
let answers: (number | 'drop' | 'take-and-drop')[] = [];
/** Entries that it refuses for good. */
let refused = new Set<string>();

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'assay-shipper-'));
  taken = [];
  asked = 0;
  problems = [];
  answers = [];
  refused = new Set();
  server = createServer((request, response) => {
    asked += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const entries = request.url?.startsWith('/append-batch') ? split(body) : [body.toString()];
      const answer = answers.shift();
      const bad = entries.some((entry) => refused.has(entry));
      if (answer === undefined || answer === 'take-and-drop') if (!bad) taken.push(...entries);
      if (answer === 'drop' || answer === 'take-and-drop') return void request.socket.destroy();
      response.statusCode = answer ?? (bad ? 400 : 200);
      response.end(JSON.stringify({ results: [] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  outbox = openOutbox({ directory, onItem: () => undefined });
  const log = logSink(new LogClient(url));
  shipper = new Shipper({
    outbox,
    log,
    isRefusal: log.isRefusal,
    onProblem: (problem) => problems.push(problem),
    backoffMs: { first: 5, most: 20 },
  });
});
afterEach(async () => {
  await shipper.stop();
  await outbox[Symbol.asyncDispose]();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

function split(body: Buffer): string[] {
  for (let count = 1; ; count++) {
    try {
      return decodeBundle(body, count).map(fromUtf8);
    } catch {
      // The width of a bundle stands in its path in a log; here it is found by trying.
      if (count > 300) throw new Error('not a bundle');
    }
  }
}

const put = async (...texts: string[]): Promise<void> => {
  await Promise.all(texts.map((text) => outbox.put({ meta: {}, entry: utf8(text) })));
};

describe('the shipper', () => {
  it('sends what was there before it started and what comes after, in order', async () => {
    await put('a', 'b');
    shipper.start();
    await shipper.flush(5_000);
    await put('c');
    expect(await shipper.flush(5_000)).toBe(true);
    expect(taken).toEqual(['a', 'b', 'c']);
    expect(outbox.shippedCount).toBe(3);
  });

  it('gathers what a busy process says: a batch that is not full goes at most every 50 ms', async () => {
    shipper.start();
    const began = performance.now();
    for (let i = 0; i < 60; i++) {
      await put(`${i}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await shipper.flush(10_000)).toBe(true);
    expect(taken).toEqual(Array.from({ length: 60 }, (_, i) => `${i}`));
    // One at once, then one in each 50 ms that passed; a timer may fire a millisecond early.
    expect(asked).toBeLessThanOrEqual(2 + (performance.now() - began) / 48);
  });

  it('tries for as long as it takes: the log is down, refuses for a while, loses its answer', async () => {
    answers = ['drop', 503, 429, 403, 'drop'];
    await put('a', 'b');
    shipper.start();
    expect(await shipper.flush(5_000)).toBe(true);
    expect(taken).toEqual(['a', 'b']);
    expect(answers).toEqual([]);
    // The HTTP client may itself repeat a request whose connection ended; the answered ones are told in any case.
    expect(problems.length).toBeGreaterThanOrEqual(3);
  });

  it('an answer that got lost makes it send again, which the log’s dedupe makes harmless', async () => {
    answers = ['take-and-drop'];
    await put('a', 'b');
    shipper.start();
    await shipper.flush(5_000);
    expect(taken).toEqual(['a', 'b', 'a', 'b']);
  });

  it('an entry that the log will never take is given up and reported; those around it arrive in order', async () => {
    refused = new Set(['bad']);
    await put('a', 'bad', 'b', 'c');
    shipper.start();
    expect(await shipper.flush(5_000)).toBe(true);
    expect(taken).toEqual(['a', 'b', 'c']);
    expect(
      problems
        .filter(({ refused: entry }) => entry !== undefined)
        .map(({ refused: entry }) => fromUtf8(entry as Uint8Array)),
    ).toEqual(['bad']);
  });

  it('stopping leaves the rest in the outbox', async () => {
    answers = Array<503>(1_000).fill(503);
    await put('a');
    shipper.start();
    expect(await shipper.flush(50)).toBe(false);
    await shipper.stop();
    expect(outbox.unsentCount).toBe(1);
  });
});
