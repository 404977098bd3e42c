/** Serves files as any static web server would. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Files } from './log-copy.ts';

/** A server on a free port. */
export interface StaticServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts serving. */
export async function serveFiles(files: Files): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const bytes = files.get((request.url ?? '/').slice(1));
    response.writeHead(bytes === undefined ? 404 : 200);
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
