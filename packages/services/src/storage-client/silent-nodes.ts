/** Which nodes of a storage network do not answer now: what an error about missing bytes has to say. */
import { equal } from '@assay/core';
import { NodeError, verifyHello } from '@assay/storage';
import type { StorageConnection } from './connection.ts';

/** How long a node may take to greet, in milliseconds. */
const GREETING_MS = 3_000;

/** Names of the nodes that do not greet in their own name. */
export async function silentNodes({ options, nameOf }: StorageConnection): Promise<string[]> {
  const greeted = options.nodes.map(async (node): Promise<string[]> => {
    const nonce = options.randomBytes(32);
    try {
      const hello = await node.hello(nonce, { signal: AbortSignal.timeout(GREETING_MS) });
      return equal(hello.nodeId, node.id) && verifyHello(hello, nonce) ? [] : [nameOf(node.id)];
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      return [nameOf(node.id)];
    }
  });
  return (await Promise.all(greeted)).flat();
}
