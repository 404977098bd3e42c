/** A viem client for reading, over our own transport: one request per question, no polling, no retries of its own. */
import { createPublicClient, custom, type PublicClient } from 'viem';
import type { Rpc } from './rpc.ts';

/** Reads through `rpc`. Blocks and waiting are the outbox's and the watcher's business, not this client's. */
export function publicClient(rpc: Rpc, chainId: number): PublicClient {
  return createPublicClient({
    chain: {
      id: chainId,
      name: `eip155:${chainId}`,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [rpc.url] } },
    },
    transport: custom(
      {
        request: ({ method, params }: { method: string; params?: readonly unknown[] }) =>
          rpc.call<unknown>(method, params ?? []),
      },
      { retryCount: 0 },
    ),
    cacheTime: 0,
  });
}

export type { PublicClient };
