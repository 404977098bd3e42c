/** Which artifacts a mutated source changes. */

/** Source below `contracts/` → the contracts whose code it is part of. */
export const TARGETS: Readonly<Record<string, readonly string[]>> = {
  'src/vault/VaultBase.sol': ['SettlementVault'],
  'src/vault/VaultBatches.sol': ['SettlementVault'],
  'src/vault/VaultExact.sol': ['SettlementVault'],
  'src/vault/VaultChallenges.sol': ['SettlementVault'],
  'src/vault/VaultRefunds.sol': ['SettlementVault'],
  'src/vault/VaultExcess.sol': ['SettlementVault'],
  'src/lib/Charge.sol': ['SettlementVault'],
  'src/lib/Rfc6962.sol': ['SettlementVault'],
  'src/lib/AssayTypes.sol': ['SettlementVault', 'ParticipantRegistry', 'CheckpointAnchor'],
  'src/ParticipantRegistry.sol': ['ParticipantRegistry'],
  'src/CheckpointAnchor.sol': ['CheckpointAnchor'],
  'src/dev/DevBatchSettlement.sol': ['DevBatchSettlement'],
  'src/dev/DevDepositCollector.sol': ['DevDepositCollector'],
  'src/dev/DevToken.sol': ['DevToken'],
};

/**
 * Mutants that cannot be told from the original by any behaviour, by source, text of the change and reason. They are not
 * run and not counted.
 */
export const EQUIVALENT: readonly (readonly [source: string, what: RegExp, why: string])[] = [];
