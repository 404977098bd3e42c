/** What is compiled, by which compiler, with which settings: everything that the bytes of an artifact depend on. */
import { fileURLToPath } from 'node:url';

/** The folder `contracts/`. */
export const CONTRACTS = fileURLToPath(new URL('..', import.meta.url));
/** Where artifacts are committed, for the code that deploys and calls the contracts. */
export const ARTIFACTS = fileURLToPath(
  new URL('../../packages/pay/src/node/chain/artifacts/', import.meta.url),
);

/** Exact versions; another compiler gives other bytes. */
export const SOLC_VERSION = '0.8.37';

/** Contracts that get an artifact: name → source below `contracts/`. */
export const DEPLOYABLE: Readonly<Record<string, string>> = {
  DevToken: 'src/dev/DevToken.sol',
  DevBatchSettlement: 'src/dev/DevBatchSettlement.sol',
  DevDepositCollector: 'src/dev/DevDepositCollector.sol',
  DevMulticall3: 'src/dev/DevMulticall3.sol',
  SettlementVault: 'src/SettlementVault.sol',
  ParticipantRegistry: 'src/ParticipantRegistry.sol',
  CheckpointAnchor: 'src/CheckpointAnchor.sol',
};

/** Bytecode carries no metadata hash: a comment changes no byte, and the same sources give the same code everywhere. */
export const SETTINGS = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'cancun',
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
} as const;
