/** Which artifacts a mutated source changes. */

/** Contracts whose code a source is part of, and the test contracts that judge them. */
export interface Target {
  readonly contracts: readonly string[];
  readonly tests: string;
}

const VAULT = ['SettlementVault'];
const ALL_VAULT = 'VaultBatches|VaultExact|VaultChallenges|VaultRefunds|VaultExcess|Hostile';

/** By source below `contracts/`. */
export const TARGETS: Readonly<Record<string, Target>> = {
  'src/vault/VaultBase.sol': { contracts: VAULT, tests: ALL_VAULT },
  'src/vault/VaultBatches.sol': { contracts: VAULT, tests: ALL_VAULT },
  'src/vault/VaultExact.sol': { contracts: VAULT, tests: 'VaultExact|Hostile' },
  'src/vault/VaultChallenges.sol': { contracts: VAULT, tests: 'VaultChallenges|VaultRefunds|Hostile' },
  'src/vault/VaultRefunds.sol': { contracts: VAULT, tests: 'VaultRefunds|Hostile' },
  'src/vault/VaultExcess.sol': { contracts: VAULT, tests: 'VaultExcess|Hostile' },
  'src/lib/Charge.sol': { contracts: VAULT, tests: 'VaultChallenges' },
  'src/lib/Rfc6962.sol': { contracts: VAULT, tests: 'VaultChallenges' },
  'src/lib/AssayTypes.sol': {
    contracts: ['SettlementVault', 'ParticipantRegistry', 'CheckpointAnchor'],
    tests: 'Registry|Anchor',
  },
  'src/ParticipantRegistry.sol': {
    contracts: ['ParticipantRegistry'],
    tests: 'Registry|Hostile|VaultRefunds',
  },
  'src/CheckpointAnchor.sol': { contracts: ['CheckpointAnchor'], tests: 'Anchor' },
  'src/dev/DevBatchSettlement.sol': { contracts: ['DevBatchSettlement'], tests: 'BatchSettlement' },
  'src/dev/DevDepositCollector.sol': { contracts: ['DevDepositCollector'], tests: 'BatchSettlement' },
  'src/dev/DevToken.sol': { contracts: ['DevToken'], tests: 'TokenTest' },
};

/**
 * Mutants that cannot be told from the original by any behaviour, by source, text of the change and reason. They are not
 * run and not counted.
 */
export const EQUIVALENT: readonly (readonly [source: string, what: RegExp, why: string])[] = [];
