import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { utf8 } from '@assay/core';
import { afterEach, describe, expect, it } from 'vitest';
import { LogClient } from '../../src/log-client/index.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A log that hangs up under the requests for which `hangsUp` holds, counted from 1, and answers all others. */
async function logThatHangsUp(
  hangsUp: (request: number) => boolean,
): Promise<{ client: LogClient; seen: () => number }> {
  let requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    if (hangsUp(requests)) request.socket.destroy();
    else response.end(JSON.stringify({ index: 7, id: 'ab' }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { client: new LogClient(`http://127.0.0.1:${port}`), seen: () => requests };
}

describe('a connection that is closed under a request', () => {
  it('is no failure: what is asked of a log may be asked twice', async () => {
    const { client, seen } = await logThatHangsUp((request) => request === 2);
    await client.append(utf8('one'));
    await expect(client.append(utf8('two'))).resolves.toEqual({ index: 7, id: 'ab' });
    expect(seen()).toBe(3);
  });

  it('twice in a row is a log that does not answer', async () => {
    const { client, seen } = await logThatHangsUp(() => true);
    await expect(client.append(utf8('one'))).rejects.toMatchObject({ code: 'unreachable' });
    expect(seen()).toBe(2);
  });
});
