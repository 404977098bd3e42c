/** A wire between us and a chain's node that can be told to lose answers or requests. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of a call: `lose-answer` passes it on and says nothing back, `lose-request` does not even pass it on. */
export type Fault = 'none' | 'lose-answer' | 'lose-request';

/** A running wire. */
export interface FaultyRpc {
  readonly url: string;
  /** Methods that were passed on, in order. */
  readonly passed: readonly string[];
  /** Decides on each call; `text` is all that was sent. */
  set(decide: (method: string, text: string) => Fault): void;
  close(): Promise<void>;
}

/** Starts a wire to the node at `target`. */
export async function faultyRpc(target: string): Promise<FaultyRpc> {
  let decide: (method: string, text: string) => Fault = () => 'none';
  const passed: string[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method } = JSON.parse(body.toString()) as { method: string };
      const fault = decide(method, body.toString());
      if (fault === 'lose-request') return;
      passed.push(method);
      const forward = request(
        target,
        { method: 'POST', headers: { 'content-type': 'application/json' } },
        (answer) => {
          if (fault === 'lose-answer') answer.resume();
          else answer.pipe(outgoing);
        },
      );
      forward.on('error', () => outgoing.destroy());
      forward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    set: (next) => (decide = next),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
