/** Where the contracts stand: those of x402 at their addresses of every chain, ours where the first deployment puts them. */
import type { Address } from '@assay/core/money';
import { getContractAddress } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';

/** Multicall3 (github.com/mds1/multicall3), which viem and the x402 packages expect. */
export const MULTICALL3: Address = '0xca11bde05977b3631167028862be2a173976ca11';

/**
 * Keys that everybody knows: the first two of anvil's mnemonic. They hold the embedded chain's ether and deploy its
 * contracts; on any other chain they hold nothing.
 */
export const DEV_DEPLOYER_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
export const DEV_FAUCET_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';

/** Our contracts in the order in which they are deployed, from the deployer's nonce 0 on. */
export const DEPLOYED = ['DevToken', 'SettlementVault', 'ParticipantRegistry', 'CheckpointAnchor'] as const;

/** Name of one of our contracts. */
export type Deployed = (typeof DEPLOYED)[number];

/** Address of one of our contracts on an embedded chain. */
export function devAddress(contract: Deployed): Address {
  const from = privateKeyToAddress(DEV_DEPLOYER_KEY);
  const address = getContractAddress({ from, nonce: BigInt(DEPLOYED.indexOf(contract)) });
  return address.toLowerCase() as Address;
}

/** The block of an embedded chain that deployed one of our contracts: each has one of its own, from block 1 on. */
export const devDeployedAt = (contract: Deployed): number => DEPLOYED.indexOf(contract) + 1;
