/** What the client asks of its platform, on Node: kept connections, and the native curve. Its twin is `browser.ts`. */
import type { Secp256k1 } from '@assay/pay';
import { loadSecp256k1 } from '@assay/pay/secp256k1';
import { Agent } from 'undici';
import type { Send } from '../gateway.ts';

// Idle connections keep no process alive.
const agent = new Agent();

/**
 * Sends a request to a gateway. `fetch` would do the same at five times the CPU: its streams and its headers cost more
 * than everything that is signed and verified here.
 */
export const send: Send = async (url, { method, headers, body, signal }) => {
  const { origin, pathname, search } = new URL(url);
  const reply = await agent.request({
    origin,
    path: pathname + search,
    method,
    headers,
    signal,
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: reply.statusCode,
    headers: {
      get: (name) => {
        const value = reply.headers[name.toLowerCase()];
        return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
      },
    },
    arrayBuffer: () => reply.body.arrayBuffer(),
  };
};

/** Signs and verifies payments; where there is no native curve this is the one in JavaScript, as its name then says. */
export const curve: Secp256k1 = loadSecp256k1(() => undefined);
