/** The chain: the embedded one as a child process, reading any, and getting transactions onto it. */
export {
  DEPLOYED,
  type Deployed,
  DEV_DEPLOYER_KEY,
  DEV_FAUCET_KEY,
  devAddress,
  devDeployedAt,
  MULTICALL3,
} from './addresses.ts';
export { type BlockRange, BLOCKS_AT_ONCE, rangesDown, rangesUp } from '../../block-ranges.ts';
export { anvilBinary } from './anvil-binary.ts';
export { type Anvil, EMBEDDED_CHAIN_ID, startAnvil } from './anvil.ts';
export * from './artifacts/abis.ts';
export { type ConstructorArguments, deployDevContracts, type DevContracts } from './dev-contracts.ts';
export { deploymentBlock } from './deployment-block.ts';
export { EmbeddedChain, type EmbeddedChainOptions, openEmbeddedChain } from './embedded-chain.ts';
export { ChainError, RpcError } from './errors.ts';
export * from './outbox/index.ts';
export { type DevGenesis, genesisArguments, originHash } from './genesis.ts';
export { genesisName } from './genesis-name.ts';
export { publicClient, type PublicClient } from './public-client.ts';
export {
  type PaymentChannelState,
  readAuthorizationState,
  readPaymentChannel,
  readReceiver,
  readTokenBalance,
} from './reads.ts';
export { checkSigned } from './signed-transaction.ts';
export { assertSafeTerms, CLAIMS_PER_WITHDRAWAL, type SettlementTerms, TermsError } from './terms.ts';
export { type Rpc, rpcClient, type RpcOptions } from './rpc.ts';
export { WatchCache, type WatchedAll } from './watch-cache.ts';
export {
  type SeenBlock,
  type WatchedEvent,
  type WatchedTo,
  Watcher,
  type WatcherOptions,
} from './watcher.ts';
