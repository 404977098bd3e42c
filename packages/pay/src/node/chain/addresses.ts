/** Where the contracts stand: those of x402 at their addresses of every chain, ours where the first deployment puts them. */
import { getContractAddress } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';

/** An EVM address with its checksum. */
export type Address = `0x${string}`;

/** x402 contracts, at the same address on every chain (`@x402/evm`); on the embedded chain our stand-ins of them. */
export const BATCH_SETTLEMENT: Address = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003';
export const DEPOSIT_COLLECTOR: Address = '0x4020806089470a89826cB9fB1f4059150b550004';
/** Multicall3 (github.com/mds1/multicall3), which viem and the x402 packages expect. */
export const MULTICALL3: Address = '0xcA11bde05977b3631167028862bE2a173976CA11';

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
  return getContractAddress({ from, nonce: BigInt(DEPLOYED.indexOf(contract)) });
}
