/** What the client asks of its platform, in a browser: `fetch`, and the curve in plain JavaScript. Its twin is `node.ts`. */
import { nobleSecp256k1, type Secp256k1 } from '@assay/pay';
import type { Send } from '../gateway.ts';

/** Sends a request to a gateway. */
export const send: Send = (url, init) => globalThis.fetch(url, init);

/** Signs and verifies payments. */
export const curve: Secp256k1 = nobleSecp256k1;
