/** The official x402 packages on the same chain: server and facilitator in one process, this one, and their client. */
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
import { createWalletClient, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { TestMoney } from '../../packages/services/test/support/money.ts';

/** A running official server, and clients of it. */
export interface Official {
  readonly url: string;
  /** How often the handler of a path ran. */
  ran(path: string): number;
  /** A client of one scheme with a wallet of its own. */
  client(scheme: 'exact' | 'batch-settlement'): Promise<{ fetch: typeof fetch; address: string }>;
  stop(): void;
}

/** Starts the official server with routes /free, /exact and /batch. */
export async function startOfficial(money: TestMoney): Promise<Official> {
  const receiver = privateKeyToAccount(generatePrivateKey());
  const counts = new Map<string, number>();
  const app = appOf(money, receiver, counts);
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ran: (path) => counts.get(path) ?? 0,
    client: (scheme) => clientOf(money, scheme),
    stop: () => server.close(),
  };
}

function appOf(
  money: TestMoney,
  receiver: ReturnType<typeof privateKeyToAccount>,
  counts: Map<string, number>,
): Hono {
  const facilitator = facilitatorOf(money, receiver);
  const resources = new x402ResourceServer(facilitator as never)
    .register(money.network, new ExactServer())
    .register(
      money.network,
      new BatchServer(receiver.address, {
        receiverAuthorizerSigner: receiver,
        withdrawDelay: 900,
      } as never) as never,
    );
  const extra = { name: 'Simulated USD', version: '1', minDeposit: '5000000' };
  const offer = {
    network: money.network,
    payTo: receiver.address,
    price: { amount: '1000', asset: money.token, extra },
    maxTimeoutSeconds: 300,
  };
  const app = new Hono();
  app.use(
    paymentMiddleware(
      {
        'GET /exact': { accepts: [{ scheme: 'exact', ...offer }], description: 'exact' },
        'GET /batch': { accepts: [{ scheme: 'batch-settlement', ...offer }], description: 'batch' },
      } as never,
      resources,
    ),
  );
  for (const path of ['/free', '/exact', '/batch']) {
    app.get(path, (c) => {
      counts.set(path, (counts.get(path) ?? 0) + 1);
      return c.json({ ok: true });
    });
  }
  return app;
}

function facilitatorOf(money: TestMoney, receiver: ReturnType<typeof privateKeyToAccount>): object {
  const account = privateKeyToAccount(DEV_FAUCET_KEY);
  const { client, rpc, network } = money;
  const sender = createWalletClient({ account, chain: client.chain!, transport: http(rpc.url) });
  const receiptOf = async (hash: `0x${string}`): Promise<unknown> => {
    // viem's own wait hangs now and then on a chain that makes a block per transaction.
    for (;;) {
      try {
        return await client.getTransactionReceipt({ hash });
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const signer = toFacilitatorEvmSigner({
    address: account.address,
    readContract: (args: never) => client.readContract(args),
    verifyTypedData: (args: never) => client.verifyTypedData(args),
    getCode: (args: never) => client.getCode(args),
    writeContract: (args: never) => sender.writeContract(args),
    sendTransaction: (args: never) => sender.sendTransaction(args),
    waitForTransactionReceipt: ({ hash }: { hash: `0x${string}` }) => receiptOf(hash),
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

async function clientOf(
  money: TestMoney,
  scheme: 'exact' | 'batch-settlement',
): Promise<{ fetch: typeof fetch; address: string }> {
  const account = privateKeyToAccount(generatePrivateKey());
  await money.give(account.address, 100_000_000n);
  const signer = toClientEvmSigner(account as never, money.client as never);
  const client = new x402Client().setSpendControls({
    allowedAssets: [{ network: money.network, asset: money.token, maxAmountPerPayment: '10000000' }],
  } as never);
  client.register(
    money.network,
    scheme === 'exact' ? new ExactClient(signer) : (new BatchClient(signer) as never),
  );
  return { fetch: wrapFetchWithPayment(fetch, client) as typeof fetch, address: account.address };
}
