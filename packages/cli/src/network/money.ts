/** The money of a local network: an embedded chain with development contracts, and settlement in seconds. */
import {
  type Address,
  addressOfPaymentKey,
  BATCH_SETTLEMENT_ADDRESS,
  DEPOSIT_COLLECTOR_ADDRESS,
} from '@assay/core/money';
import { loadIdentity } from '@assay/core/node';
import {
  devAddress,
  devDeployedAt,
  EMBEDDED_CHAIN_ID,
  MULTICALL3,
  type SettlementTerms,
} from '@assay/pay/node';
import { type Layout, QUORUM, WITNESSES } from './layout.ts';

/** What commands and clients read of a network's money (`money` in `network.json`). Addresses are in lower case. */
export interface MoneyDescription {
  readonly chainId: number;
  /** CAIP-2. */
  readonly network: string;
  /** JSON-RPC of the chain. */
  readonly rpc: string;
  readonly token: {
    readonly address: Address;
    readonly symbol: string;
    readonly decimals: number;
    /** EIP-712 domain of its signatures. */
    readonly name: string;
    readonly version: string;
  };
  readonly batchSettlement: Address;
  readonly collector: Address;
  readonly multicall: Address;
  readonly vault: Address;
  readonly registry: Address;
  readonly anchor: Address;
  /** Key id of the gateway: the salt of its payers' payment channels. */
  readonly gateway: string;
  /** Gets fees. */
  readonly treasury: Address;
  readonly settler: { readonly address: Address; readonly url: string };
  /** Claims on payment channels: the settler. */
  readonly receiverAuthorizer: Address;
  /** Seconds, on every payment channel. */
  readonly withdrawDelay: number;
  /** Seconds. */
  readonly terms: SettlementTerms;
  /** Blocks after which a transaction is final. */
  readonly confirmations: number;
  /** Block that deployed the vault; absent in networks of before, which are read from block 0. */
  readonly deployedAt?: number;
}

/**
 * Settlement every few seconds, where a network that matters takes an hour, so that its whole life can be watched; and a
 * hold of a quarter of an hour, in which an incident can still be told from beginning to end.
 */
const LOCAL_TERMS: SettlementTerms = {
  settlementPeriod: 3,
  hold: 900,
  audit: 600,
  dispute: 60,
  veto: 2,
  unbonding: 1_000,
  withdrawDelay: 900,
};
/** A cent: what a challenge costs whoever is wrong. */
const BOND = '10000';
/** The embedded chain makes a block per transaction and takes none back. */
const CONFIRMATIONS = 1;
const HALF = 5_000;

/** The money of a network whose keys are made. */
export function describeMoney(layout: Layout): MoneyDescription {
  const settler = paymentAddress(layout, 'settler');
  return {
    chainId: EMBEDDED_CHAIN_ID,
    network: `eip155:${EMBEDDED_CHAIN_ID}`,
    rpc: layout.chainUrl,
    token: {
      address: devAddress('DevToken'),
      symbol: 'simUSD',
      decimals: 6,
      name: 'Simulated USD',
      version: '1',
    },
    batchSettlement: BATCH_SETTLEMENT_ADDRESS,
    collector: DEPOSIT_COLLECTOR_ADDRESS,
    multicall: MULTICALL3,
    vault: devAddress('SettlementVault'),
    registry: devAddress('ParticipantRegistry'),
    anchor: devAddress('CheckpointAnchor'),
    gateway: loadIdentity(layout.key('gateway')).keyId,
    treasury: paymentAddress(layout, 'gateway'),
    settler: { address: settler, url: layout.settlerUrl },
    receiverAuthorizer: settler,
    withdrawDelay: LOCAL_TERMS.withdrawDelay,
    terms: LOCAL_TERMS,
    confirmations: CONFIRMATIONS,
    deployedAt: devDeployedAt('SettlementVault'),
  };
}

/** Names of key files that money needs besides those of every network. */
export const moneyKeys = (): string[] => ['settler', ...witnessKeys()];

/** The configuration of the chain's process. @param payers  names of key files whose owners send transactions */
export function chainConfig(layout: Layout, money: MoneyDescription, payers: readonly string[]): object {
  const witnesses = witnessKeys().map((name) => paymentAddress(layout, name));
  return {
    listen: new URL(money.rpc).host,
    database: layout.path('state', 'chain.db'),
    chainId: money.chainId,
    funded: [...payers, ...moneyKeys()].map((name) => paymentAddress(layout, name)),
    genesis: {
      terms: money.terms,
      origin: layout.origin,
      settler: money.settler.address,
      vetoer: paymentAddress(layout, 'log'),
      treasury: money.treasury,
      witnesses,
      quorum: QUORUM,
      bond: BOND,
      slashBps: HALF,
    },
  };
}

/** What a witness needs to sign for the anchor. */
export function witnessAnchor(layout: Layout, money: MoneyDescription, number: number): object {
  return {
    identity: layout.key(`witness-${number}`),
    targets: [{ chainId: money.chainId, vault: money.vault }],
  };
}

/** The configuration of the settler. */
export function settlerConfig(layout: Layout, money: MoneyDescription): object {
  const { chainId, rpc, vault, registry, anchor, treasury, confirmations, terms, token, deployedAt } = money;
  return {
    name: 'settler',
    listen: new URL(layout.settlerUrl).host,
    endpoint: layout.settlerUrl,
    identity: layout.key('settler'),
    transactions: layout.path('state', 'settler.db'),
    log: { url: layout.logUrl, policy: layout.policy, origin: layout.origin, pollMs: 200 },
    chain: {
      rpc,
      chainId,
      token: token.address,
      vault,
      registry,
      anchor,
      treasury,
      confirmations,
      ...(deployedAt === undefined ? {} : { deployedAt }),
    },
    witnesses: witnessKeys().map((name, i) => ({
      url: layout.witnessUrl(i),
      address: paymentAddress(layout, name),
    })),
    quorum: QUORUM,
    terms,
  };
}

/** The member `money` of the gateway's configuration. */
export function gatewayMoney(layout: Layout, money: MoneyDescription): object {
  const { network, rpc, token, vault, receiverAuthorizer, withdrawDelay, confirmations } = money;
  const transactions = layout.path('state', 'gateway.transactions.db');
  return { network, rpc, token, vault, receiverAuthorizer, withdrawDelay, transactions, confirmations };
}

const witnessKeys = (): string[] => Array.from({ length: WITNESSES }, (_, i) => `witness-${i + 1}`);

/** The address at which the owner of a key file is paid, and from which it sends transactions. */
const paymentAddress = (layout: Layout, name: string): Address =>
  addressOfPaymentKey(loadIdentity(layout.key(name)).paymentKey);
