/** Reads a chain for an audit of money: the vault, its batches, and what was claimed from payment channels. */
import { BATCH_SETTLEMENT_ADDRESS } from '@assay/core/money';
import {
  deploymentBlock,
  devBatchSettlementAbi,
  executedRefunds,
  publicClient,
  type PublicClient,
  rpcClient,
  RpcError,
  settlementVaultAbi,
  VaultReads,
  vetoesOf,
} from '@assay/pay/node';
import type { MoneyChain } from '@assay/verify';
import { CliError } from '../cli-error.ts';

type Hex = `0x${string}`;

/** An audit would rather wait than say that it cannot tell. */
const PATIENCE_MS = 60_000;

/**
 * A chain behind JSON-RPC, as it is now: open it before the log is read.
 *
 * @param deployedAt  block that deployed the vault, where that is known: events are read from there on
 * @throws CliError `chain`
 */
export async function moneyChain(url: string, deployedAt?: number): Promise<MoneyChain & Disposable> {
  const rpc = rpcClient(url, { timeoutMs: PATIENCE_MS });
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw unreachable(url, cause);
    }
  };
  const chainId = Number(await asked(() => rpc.call<string>('eth_chainId')));
  const client = publicClient(rpc, chainId);
  const blockNumber = await asked(() => client.getBlockNumber());
  const vaultAt = (vault: string) => ({ address: vault as Hex, abi: settlementVaultAbi }) as const;
  return {
    network: `eip155:${chainId}`,
    batchCount: async (vault) =>
      Number(await asked(() => client.readContract({ ...vaultAt(vault), functionName: 'batchCount' }))),
    coveredTo: async (vault) =>
      Number(await asked(() => client.readContract({ ...vaultAt(vault), functionName: 'coveredTo' }))),
    settler: async (vault) =>
      (await asked(() => client.readContract({ ...vaultAt(vault), functionName: 'settler' }))).toLowerCase(),
    treasury: async (vault) =>
      (await asked(() => client.readContract({ ...vaultAt(vault), functionName: 'treasury' }))).toLowerCase(),
    batch: async (vault, number) => {
      const args = [BigInt(number)] as const;
      const [root, channelsRoot, total, , , count] = await asked(() =>
        client.readContract({ ...vaultAt(vault), functionName: 'batches', args }),
      );
      return { root, channelsRoot, total, count };
    },
    credit: (vault, number, account) => {
      const args = [BigInt(number), account as Hex] as const;
      return asked(() => client.readContract({ ...vaultAt(vault), functionName: 'credits', args }));
    },
    refund: (vault, name) => asked(() => readsOf(client, vault).refund(name)),
    executedRefunds: (vault) =>
      asked(async () => {
        const from = deployedAt ?? (await deploymentBlock(client, vault));
        return executedRefunds(client, { vault, deployedAt: from });
      }),
    vetoes: (vault, name) =>
      asked(async () => {
        const from = deployedAt ?? (await deploymentBlock(client, vault));
        return vetoesOf(client, { vault, name, deployedAt: from, confirmations: 1 });
      }),
    isRefunded: (vault, receipt) => asked(() => readsOf(client, vault).isRefunded(receipt)),
    claimed: async (paymentChannel) => {
      const [, totalClaimed] = await asked(() =>
        client.readContract({
          address: BATCH_SETTLEMENT_ADDRESS,
          abi: devBatchSettlementAbi,
          functionName: 'channels',
          args: [paymentChannel as Hex],
          blockNumber,
        }),
      );
      return totalClaimed;
    },
    [Symbol.dispose]: () => rpc.close(),
  };
}

/** Reads of a vault alone; nothing else of its deployment is asked. */
const readsOf = (client: PublicClient, vault: string): VaultReads =>
  new VaultReads(client, { vault, token: vault, registry: vault, anchor: vault });

function unreachable(url: string, cause: unknown): CliError {
  return new CliError('chain', {
    what: `the chain does not answer: ${innermost(cause)}`,
    where: url,
    fix: 'Name its JSON-RPC with --rpc, or audit without --money.',
    cause,
  });
}

/** What our own client found out, below the library's wrapping. */
function innermost(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof RpcError) return at.what;
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
