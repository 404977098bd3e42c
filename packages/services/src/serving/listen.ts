/** Binds a Hono application to an address. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { closerOf } from './closer.ts';
import type { NodeBindings } from './read-body.ts';

/** A server that listens. */
export interface Listening {
  readonly url: string;
  /** Takes no more connections, answers what has come in, then resolves. */
  close(): Promise<void>;
}

/** How long a client may take to send a request, in milliseconds: a slow one must not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Resolves once `app` listens on `host:port`, an IPv6 host in brackets; port 0 takes a free one. */
export async function listen(app: Hono<NodeBindings>, address: string): Promise<Listening> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  const options = {
    fetch: app.fetch,
    hostname: host.replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
  };
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = serve(options, () => resolve(starting)) as Server;
    starting.once('error', reject);
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const close = closerOf(server);
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host}:${port}`, close };
}
