/** What is the same in every lab of money: the chain, the log's name, times, and what an answer is. */
import { type Predicate, randomBytes } from '@assay/core';
import { type ChannelConfig, assayDomain } from '@assay/core/money';
import { type SettlementTerms, devAddress } from '@assay/pay/node';

export const CHAIN_ID = 31_337;
export const NETWORK = `eip155:${CHAIN_ID}`;
export const TOKEN = devAddress('DevToken');
export const VAULT = devAddress('SettlementVault');
export const ORIGIN = 'log.example/money';
export const entropy = { bytes: randomBytes };
export const STREAM = 'ab'.repeat(16);
export const MAC = `hmac-sha256:${'7'.repeat(64)}`;
export const USAGE = { inputBytes: '88', outputBytes: '4', computeMicros: '950' };

export const TERMS: SettlementTerms = {
  settlementPeriod: 1,
  hold: 300,
  audit: 100,
  dispute: 60,
  veto: 1,
  unbonding: 400,
  withdrawDelay: 900,
};

/** Who pays: a wallet, a session key, a payment channel with a deposit. */
export interface Payer {
  readonly address: string;
  readonly config: ChannelConfig;
  readonly paymentChannel: string;
  cumulative: bigint;
}

/** An answer that was delivered and not charged yet. */
export interface Answer {
  readonly receipt: string;
  readonly order: NonNullable<Predicate<'charge'>['order']>;
  readonly payer: Payer;
}

export const DOMAIN = assayDomain(CHAIN_ID, VAULT);
export const TOKEN_DOMAIN = {
  name: 'Simulated USD',
  version: '1',
  chainId: CHAIN_ID,
  verifyingContract: TOKEN,
};
