/** Binds a Hono application to an address. */
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
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
  const unasked = unaskedConnections(server);
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host}:${port}`, close: () => closeServer(server, unasked) };
}

/** Connections on which no request has come yet. Node counts them as busy, for as long as a request may take to come. */
function unaskedConnections(server: Server): ReadonlySet<Socket> {
  const unasked = new Set<Socket>();
  server.on('connection', (socket) => {
    unasked.add(socket);
    socket.once('close', () => unasked.delete(socket));
  });
  server.on('request', ({ socket }) => unasked.delete(socket));
  return unasked;
}

async function closeServer(server: Server, unasked: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of unasked) socket.destroy();
  // Idle keep-alive connections would hold the server open; busy ones are closed when they have their answer.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
}
