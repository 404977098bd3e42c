/** Ends an HTTP server: what has come in is answered, and nobody who only keeps a connection keeps the server. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How often connections that have become idle are closed, in milliseconds: more often than anybody polls. */
const SWEEP_MS = 50;

/** Watches a server from its start. The function that it gives takes no more connections and resolves once all are gone. */
export function closerOf(server: Server): () => Promise<void> {
  const unasked = unaskedConnections(server);
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of unasked) socket.destroy();
    // Who polls over a kept connection would be answered for ever; between two questions it is idle.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    await closed;
    clearInterval(sweep);
  };
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
