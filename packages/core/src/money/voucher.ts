/** Payment channels of the x402 `batch-settlement` scheme: their identity, and the vouchers that spend from them. */
import { type Domain, structType, typedDigest } from './eip712.ts';
import { type Address, evmHex, type EvmHex, ZERO_ADDRESS } from './evm-hex.ts';

/** x402BatchSettlement, at one address on every chain (@x402/evm 2.27). */
export const BATCH_SETTLEMENT_ADDRESS: Address = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003';
/** The collector that deposits by EIP-3009 authorization. */
export const DEPOSIT_COLLECTOR_ADDRESS: Address = '0x4020806089470a89826cb9fb1f4059150b550004';
/** Bounds of a payment channel's withdraw delay, in seconds. */
export const MIN_WITHDRAW_DELAY = 900;
export const MAX_WITHDRAW_DELAY = 2_592_000;

/** The immutable terms of a payment channel; their hash is its id. */
export interface ChannelConfig {
  readonly payer: string;
  /** The session key that signs vouchers and orders; the zero address lets the payer's own key sign. */
  readonly payerAuthorizer: string;
  readonly receiver: string;
  readonly receiverAuthorizer: string;
  readonly token: string;
  /** Seconds between a payer's wish to withdraw and the withdrawal. */
  readonly withdrawDelay: number;
  readonly salt: string;
}

const channelConfig = structType<Omit<ChannelConfig, 'withdrawDelay'> & { readonly withdrawDelay: bigint }>(
  'ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)',
);
const voucher = structType<{ readonly channelId: string; readonly maxClaimableAmount: bigint }>(
  'Voucher(bytes32 channelId,uint128 maxClaimableAmount)',
);

const domains = new Map<number, Domain>();

/** The settlement contract's domain on a chain. */
export function settlementDomain(chainId: number): Domain {
  const known = domains.get(chainId);
  if (known !== undefined) return known;
  const domain = {
    name: 'x402 Batch Settlement',
    version: '1',
    chainId,
    verifyingContract: BATCH_SETTLEMENT_ADDRESS,
  };
  if (domains.size >= 64) domains.clear();
  domains.set(chainId, domain);
  return domain;
}

/** A payment channel's id: the EIP-712 digest of its terms, `0x…`. @throws MoneyError for terms that have no form */
export function paymentChannelId(config: ChannelConfig, chainId: number): EvmHex {
  const message = { ...config, withdrawDelay: BigInt(config.withdrawDelay) };
  return evmHex(typedDigest(settlementDomain(chainId), channelConfig, message));
}

/** What a voucher's signature covers. The amount is cumulative over the channel's life. */
export function voucherDigest(
  paymentChannel: string,
  maxClaimableAmount: bigint,
  chainId: number,
): Uint8Array {
  return typedDigest(settlementDomain(chainId), voucher, { channelId: paymentChannel, maxClaimableAmount });
}

/** Whose signature a channel's vouchers and orders need. */
export function authorizerOf(config: ChannelConfig): Address {
  const authorizer = config.payerAuthorizer.toLowerCase() as Address;
  return authorizer === ZERO_ADDRESS ? (config.payer.toLowerCase() as Address) : authorizer;
}
