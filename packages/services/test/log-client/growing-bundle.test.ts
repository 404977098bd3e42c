import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromUtf8, utf8 } from '@assay/core';
import { encodeBundle } from '@assay/log';
import { afterEach, describe, expect, it } from 'vitest';
import { LogClient } from '../../src/log-client/index.ts';

let server: Server | undefined;
afterEach(() => server?.close());

const entries = Array.from({ length: 300 }, (_, i) => utf8(`entry ${i} ${'x'.repeat(i % 7)}`));

/** Serves bundles of `entries` at any width, with or without ranges, and counts what it sends. */
async function bundleServer(
  ranges: boolean,
): Promise<{ client: LogClient; sent: () => number; asked: string[] }> {
  let sent = 0;
  const asked: string[] = [];
  server = createServer((request, response) => {
    const { url = '' } = request;
    const [, index = '0', width = '256'] = /entries\/([0-9]+)(?:\.p\/([0-9]+))?$/.exec(url) ?? [];
    const from = Number(index) * 256;
    const whole = encodeBundle(entries.slice(from, from + Number(width)));
    const offset = Number(/^bytes=([0-9]+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const body = ranges ? whole.subarray(offset) : whole;
    sent += body.length;
    asked.push(url);
    response.writeHead(ranges && offset > 0 ? 206 : 200).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { client: new LogClient(`http://127.0.0.1:${port}`), sent: () => sent, asked };
}

async function follow(client: LogClient, sizes: readonly number[]): Promise<string[]> {
  const read: string[] = [];
  for (const size of sizes) {
    for await (const bundle of client.entries(read.length, size))
      read.push(...bundle.map((entry) => fromUtf8(entry)));
  }
  return read;
}

describe('following a bundle that grows', () => {
  it.each([true, false])('reads every entry once and in order, ranges served: %s', async (ranges) => {
    const { client } = await bundleServer(ranges);
    const read = await follow(client, [1, 2, 100, 101, 255, 256, 257, 300]);
    expect(read).toEqual(entries.map((entry) => fromUtf8(entry)));
  });

  it('asks only for what is new, once per step', async () => {
    const { client, sent, asked } = await bundleServer(true);
    await follow(client, [10, 20, 30, 40]);
    expect(sent()).toBe(encodeBundle(entries.slice(0, 40)).length);
    expect(asked).toHaveLength(4);
  });
});
