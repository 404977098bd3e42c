/** Puts the development contracts on an embedded chain. Repeating it changes nothing. */
import { type Address, BATCH_SETTLEMENT_ADDRESS, DEPOSIT_COLLECTOR_ADDRESS } from '@assay/core/money';
import { encodeDeployData } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Deployed, DEPLOYED, DEV_DEPLOYER_KEY, devAddress, MULTICALL3 } from './addresses.ts';
import { artifact } from './artifact.ts';
import { ChainError } from './errors.ts';
import { currentFees } from './outbox/fees.ts';
import type { Rpc } from './rpc.ts';

/** Constructor arguments of our contracts; those that are named are deployed, and they are named from the first on. */
export type ConstructorArguments = { readonly [contract in Deployed]?: readonly unknown[] };

/** What a development chain begins with. */
export interface DevContracts {
  readonly chainId: number;
  readonly arguments: ConstructorArguments;
  /** Addresses that are given ether for their transactions. */
  readonly funded: readonly Address[];
}

const STAND_INS = [
  ['DevBatchSettlement', BATCH_SETTLEMENT_ADDRESS],
  ['DevDepositCollector', DEPOSIT_COLLECTOR_ADDRESS],
  ['DevMulticall3', MULTICALL3],
] as const;

/** 10,000 ether, as anvil gives its own accounts. */
const ETHER = `0x${(10_000n * 10n ** 18n).toString(16)}`;
const DEPLOY_GAS = 12_000_000n;

/** @param rpc  anvil itself; its own methods are needed. @throws ChainError `not-deployed`; RpcError */
export async function deployDevContracts(rpc: Rpc, what: DevContracts): Promise<void> {
  for (const [contract, address] of STAND_INS) {
    await rpc.call('anvil_setCode', [address, artifact(contract).deployedBytecode]);
  }
  for (const address of what.funded) await rpc.call('anvil_setBalance', [address, ETHER]);
  for (const contract of DEPLOYED) {
    const args = what.arguments[contract];
    if (args === undefined) break;
    if (await hasCode(rpc, devAddress(contract))) continue;
    await deploy(rpc, contract, { args, chainId: what.chainId });
    if (await hasCode(rpc, devAddress(contract))) continue;
    throw new ChainError('not-deployed', {
      what: `${contract} did not come to stand at ${devAddress(contract)}`,
      fix: 'The deployer had sent other transactions before; begin with a new chain.',
    });
  }
}

async function deploy(
  rpc: Rpc,
  contract: Deployed,
  { args, chainId }: { args: readonly unknown[]; chainId: number },
): Promise<void> {
  const { abi, bytecode } = artifact(contract);
  const account = privateKeyToAccount(DEV_DEPLOYER_KEY);
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId,
    nonce: DEPLOYED.indexOf(contract),
    data: encodeDeployData({ abi, bytecode, args }),
    gas: DEPLOY_GAS,
    ...(await currentFees(rpc)),
  });
  await rpc.call('eth_sendRawTransactionSync', [raw]);
}

async function hasCode(rpc: Rpc, address: Address): Promise<boolean> {
  return (await rpc.call<string>('eth_getCode', [address, 'latest'])) !== '0x';
}
