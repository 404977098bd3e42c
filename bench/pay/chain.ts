/** The bench's chain, as its other processes are told of it. */
import { publicClient, rpcClient } from '@assay/pay/node';
import type { X402Chain } from '../../packages/sdk/test/support/official-x402.ts';

/** What goes over the command line. */
export const chainText = ({ network, token, rpc }: X402Chain): string =>
  JSON.stringify({ network, token, url: rpc.url });

/** And what is made of it there. */
export function chainOf(text: string): X402Chain {
  const { network, token, url } = JSON.parse(text) as Pick<X402Chain, 'network' | 'token'> & { url: string };
  const rpc = rpcClient(url);
  return { network, token, rpc, client: publicClient(rpc, Number(network.split(':')[1])) };
}
