/** The official x402 packages on a chain of ours: a server with its facilitator in the same process, and clients. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { DEV_FAUCET_KEY } from '@assay/pay/node';
import { x402Client } from '@x402/core/client';
import { x402Facilitator } from '@x402/core/facilitator';
import { toClientEvmSigner, toFacilitatorEvmSigner } from '@x402/evm';
import { BatchSettlementEvmScheme as BatchClient } from '@x402/evm/batch-settlement/client';
import { BatchSettlementEvmScheme as BatchFacilitator } from '@x402/evm/batch-settlement/facilitator';
import { BatchSettlementEvmScheme as BatchServer } from '@x402/evm/batch-settlement/server';
import { ExactEvmScheme as ExactClient } from '@x402/evm/exact/client';
import { ExactEvmScheme as ExactFacilitator } from '@x402/evm/exact/facilitator';
import { ExactEvmScheme as ExactServer } from '@x402/evm/exact/server';
import { wrapFetchWithPayment } from '@x402/fetch';
import { paymentMiddleware, x402ResourceServer } from '@x402/hono';
import { Hono } from 'hono';
import { createWalletClient, http, type PublicClient } from 'viem';
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';

/** The chain and the token that are paid in; a `TestMoney` is one. */
export interface X402Chain {
  readonly network: `eip155:${number}`;
  readonly token: `0x${string}`;
  readonly client: PublicClient;
  readonly rpc: { readonly url: string };
}

/** What a server asks for, in atomic units. */
export interface Asked {
  readonly amount: string;
  readonly minDeposit: string;
}

/** A running official server with the routes /free, /exact and /batch. */
export interface OfficialServer {
  readonly url: string;
  /** How often the handler of a path ran. */
  ran(path: string): number;
  close(): void;
}

export type Scheme = 'exact' | 'batch-settlement';

/** Starts a server that is paid by both schemes, by middleware and defaults of the official packages. */
export async function startOfficialServer(chain: X402Chain, asked: Asked): Promise<OfficialServer> {
  const counts = new Map<string, number>();
  const app = new Hono();
  app.use(paidBy(chain, asked));
  for (const path of ['/free', '/exact', '/batch']) {
    app.get(path, (c) => {
      counts.set(path, (counts.get(path) ?? 0) + 1);
      return c.json({ path });
    });
  }
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ran: (path) => counts.get(path) ?? 0,
    close: () => server.close(),
  };
}

/** The official client, with only the scheme that is named. The account must hold tokens. */
export function officialClient(
  chain: X402Chain,
  scheme: Scheme,
  account: PrivateKeyAccount = privateKeyToAccount(generatePrivateKey()),
): { readonly fetch: typeof fetch; readonly address: string } {
  const signer = toClientEvmSigner(account as never, chain.client as never);
  const client = new x402Client().setSpendControls({
    allowedAssets: [{ network: chain.network, asset: chain.token, maxAmountPerPayment: '10000000' }],
  } as never);
  client.register(
    chain.network,
    scheme === 'exact' ? new ExactClient(signer) : (new BatchClient(signer) as never),
  );
  return { fetch: wrapFetchWithPayment(fetch, client) as typeof fetch, address: account.address };
}

function paidBy(chain: X402Chain, { amount, minDeposit }: Asked): ReturnType<typeof paymentMiddleware> {
  const receiver = privateKeyToAccount(generatePrivateKey());
  const options = { receiverAuthorizerSigner: receiver, withdrawDelay: 900 };
  const resources = new x402ResourceServer(facilitatorOf(chain, receiver) as never)
    .register(chain.network, new ExactServer())
    .register(chain.network, new BatchServer(receiver.address, options as never) as never);
  const extra = { name: 'Simulated USD', version: '1', minDeposit };
  const offer = {
    network: chain.network,
    payTo: receiver.address,
    price: { amount, asset: chain.token, extra },
    maxTimeoutSeconds: 300,
  };
  return paymentMiddleware(
    {
      'GET /exact': { accepts: [{ scheme: 'exact', ...offer }], description: 'exact' },
      'GET /batch': { accepts: [{ scheme: 'batch-settlement', ...offer }], description: 'batch' },
    } as never,
    resources,
  );
}

function facilitatorOf({ client, network, rpc }: X402Chain, receiver: PrivateKeyAccount): object {
  const account = privateKeyToAccount(DEV_FAUCET_KEY);
  const sender = createWalletClient({ account, chain: client.chain!, transport: http(rpc.url) });
  const signer = toFacilitatorEvmSigner({
    address: account.address,
    readContract: (args: never) => client.readContract(args),
    verifyTypedData: (args: never) => client.verifyTypedData(args),
    getCode: (args: never) => client.getCode(args),
    writeContract: (args: never) => sender.writeContract(args),
    sendTransaction: (args: never) => sender.sendTransaction(args),
    waitForTransactionReceipt: ({ hash }: { hash: `0x${string}` }) => receiptOf(client, hash),
  } as never);
  const facilitator = new x402Facilitator()
    .register(network, new ExactFacilitator(signer))
    .register(network, new BatchFacilitator(signer, receiver as never) as never);
  return {
    verify: (payload: never, requirements: never) => facilitator.verify(payload, requirements),
    settle: (payload: never, requirements: never) => facilitator.settle(payload, requirements),
    getSupported: () => Promise.resolve(facilitator.getSupported()),
  };
}

/** viem's own wait hangs now and then on a chain that makes a block per transaction. */
async function receiptOf(client: PublicClient, hash: `0x${string}`): Promise<unknown> {
  for (;;) {
    try {
      return await client.getTransactionReceipt({ hash });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
