/** What a development chain's contracts are told when they are made. */
import { sha256, utf8 } from '@assay/core';
import { type Address, BATCH_SETTLEMENT_ADDRESS, evmHex } from '@assay/core/money';
import { devAddress } from './addresses.ts';
import type { ConstructorArguments } from './dev-contracts.ts';
import { assertSafeTerms, type SettlementTerms } from './terms.ts';

/** Who and when, for one network. Addresses are those of payment keys. */
export interface DevGenesis {
  readonly terms: SettlementTerms;
  /** Origin line of the log whose receipts are charged. */
  readonly origin: string;
  readonly settler: Address;
  /** May stop a class refund within its veto window. */
  readonly vetoer: Address;
  /** Gets fees. */
  readonly treasury: Address;
  readonly witnesses: readonly Address[];
  /** Witnesses that must have signed an anchored checkpoint. */
  readonly quorum: number;
  /** What a challenge costs whoever is wrong, in atomic units. */
  readonly bond: bigint;
  /** Part of a stake that an offence costs, of 10 000. */
  readonly slashBps: number;
}

/** Constructor arguments of all contracts. @throws TermsError for times that are not safe together */
export function genesisArguments(genesis: DevGenesis): ConstructorArguments {
  const { terms, origin, settler, vetoer, treasury, witnesses, quorum, bond, slashBps } = genesis;
  assertSafeTerms(terms);
  const vault = devAddress('SettlementVault');
  const token = devAddress('DevToken');
  return {
    DevToken: [],
    SettlementVault: [
      {
        token,
        settlement: BATCH_SETTLEMENT_ADDRESS,
        anchor: devAddress('CheckpointAnchor'),
        registry: devAddress('ParticipantRegistry'),
        settler,
        vetoer,
        treasury,
        origin: originHash(origin),
        hold: terms.hold,
        response: terms.dispute,
        veto: terms.veto,
        bond,
      },
    ],
    ParticipantRegistry: [token, vault, terms.unbonding, slashBps],
    CheckpointAnchor: [vault, [...witnesses].sort(), BigInt(quorum)],
  };
}

/** A log's origin line as contracts name it. */
export const originHash = (origin: string): `0x${string}` => evmHex(sha256(utf8(origin)));
