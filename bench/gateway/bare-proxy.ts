/**
 * The bare HTTP proxy that the gateway is held against: `node bare-proxy.ts upstream BYTES` answers every POST with
 * that many bytes; `node bare-proxy.ts proxy URL` passes every POST on to URL over kept connections, and no more.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { type HttpBindings, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Pool } from 'undici';

type Bindings = { Bindings: HttpBindings };

function upstream(bytes: number): Hono<Bindings> {
  const answer = JSON.stringify({ outputs: 'x'.repeat(Math.max(0, bytes - 14)) });
  const app = new Hono<Bindings>();
  app.post('*', async (c) => {
    await read(c.env.incoming as IncomingMessage);
    return c.body(answer, 200, { 'content-type': 'application/json' });
  });
  return app;
}

function proxy(url: string): Hono<Bindings> {
  const pool = new Pool(url, { connections: 16, pipelining: 1 });
  const app = new Hono<Bindings>();
  app.post('*', async (c) => {
    const body = await read(c.env.incoming as IncomingMessage);
    const headers = { 'content-type': c.req.header('content-type') ?? 'application/json' };
    const reply = await pool.request({ method: 'POST', path: c.req.path, headers, body });
    return c.body((await reply.body.bytes()) as Uint8Array<ArrayBuffer>, 200, {
      'content-type': 'application/json',
    });
  });
  return app;
}

async function read(incoming: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const [kind, argument = ''] = process.argv.slice(2);
const app = kind === 'upstream' ? upstream(Number(argument)) : proxy(argument);
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  process.stdout.write(`${JSON.stringify({ listening: `http://127.0.0.1:${port}` })}\n`);
});
