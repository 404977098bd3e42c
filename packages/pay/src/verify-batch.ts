/** Scheme `batch-settlement`: a voucher on a payment channel with our terms, covered by what is deposited. */
import {
  type Address,
  authorizerOf,
  type ChannelConfig,
  DEPOSIT_COLLECTOR_ADDRESS,
  depositNonce,
  type EvmHex,
  MAX_WITHDRAW_DELAY,
  MIN_WITHDRAW_DELAY,
  paymentChannelId,
  receiveDigest,
  type Secp256k1,
  voucherDigest,
} from '@assay/core/money';
import { PayError } from './errors.ts';
import { tokenDomain } from './token-domain.ts';
import { assertSigned } from './verified-signer.ts';
import type { ChannelFacts, VerifiedDeposit, VerifiedPayment } from './verify-payment.ts';
import { assertInTime } from './verify-time.ts';
import type { PaymentRequirement } from './wire/messages.ts';
import type { BatchPayload } from './wire/payloads.ts';

/** What both schemes are judged in. */
export interface SchemeContext {
  readonly requirement: PaymentRequirement;
  readonly channel?: ChannelFacts;
  readonly chainId: number;
  readonly now: number;
  readonly curve: Secp256k1;
}

type BatchPayment = Omit<
  Extract<VerifiedPayment, { scheme: 'batch-settlement' }>,
  'max' | 'network' | 'order'
>;

/** @throws PayError */
export function verifyBatchPayment(payload: BatchPayload, context: SchemeContext): BatchPayment {
  if (payload.type === 'refund') {
    throw new PayError('scheme', {
      what: 'a refund request is not a payment',
      where: 'payload.type',
      fix: 'Withdraw from the payment channel on the chain.',
    });
  }
  const { channelConfig: config, voucher } = payload;
  assertTerms(config, context.requirement);
  const paymentChannel = cachedChannelId(config, context.chainId);
  if (paymentChannel !== voucher.channelId) {
    throw new PayError('payment-channel', {
      what: `${voucher.channelId} is not the id of these terms on this chain (${paymentChannel})`,
      where: 'payload.voucher.channelId',
    });
  }
  const ceiling = BigInt(voucher.maxClaimableAmount);
  const deposit = payload.type === 'deposit' ? depositOf(payload, paymentChannel, context) : undefined;
  assertCovered(ceiling, deposit?.value ?? 0n, context.channel);
  assertSigned(
    {
      digest: voucherDigest(paymentChannel, ceiling, context.chainId),
      signature: voucher.signature,
      by: authorizerOf(config),
      what: 'the voucher',
    },
    context.curve,
  );
  const verified: BatchPayment = {
    scheme: 'batch-settlement',
    payer: config.payer as Address,
    paymentChannel,
    config,
    ceiling,
    voucherSignature: voucher.signature,
  };
  return deposit === undefined ? verified : { ...verified, deposit };
}

function assertTerms(config: ChannelConfig, { payTo, asset, extra }: PaymentRequirement): void {
  const wanted: readonly (readonly [string, unknown, unknown])[] = [
    ['receiver', config.receiver, payTo.toLowerCase()],
    ['token', config.token, asset.toLowerCase()],
    ['receiverAuthorizer', config.receiverAuthorizer, lower(extra['receiverAuthorizer'])],
    ['withdrawDelay', config.withdrawDelay, extra['withdrawDelay']],
  ];
  const differs = wanted.find(([, is, want]) => is !== want);
  if (differs !== undefined) {
    throw new PayError('terms', {
      what: `the payment channel's ${differs[0]} is ${String(differs[1])}, offered is ${String(differs[2])}`,
      where: `payload.channelConfig.${differs[0]}`,
    });
  }
  if (config.withdrawDelay >= MIN_WITHDRAW_DELAY && config.withdrawDelay <= MAX_WITHDRAW_DELAY) return;
  throw new PayError('terms', {
    what: `a withdraw delay of ${config.withdrawDelay} s is outside ${MIN_WITHDRAW_DELAY} to ${MAX_WITHDRAW_DELAY}`,
    where: 'payload.channelConfig.withdrawDelay',
  });
}

const lower = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

function depositOf(
  { channelConfig, deposit }: Extract<BatchPayload, { type: 'deposit' }>,
  paymentChannel: EvmHex,
  { requirement, chainId, now, curve }: SchemeContext,
): VerifiedDeposit {
  const { salt, signature, ...times } = deposit.authorization.erc3009Authorization;
  const authorization = {
    from: channelConfig.payer as Address,
    to: DEPOSIT_COLLECTOR_ADDRESS,
    value: BigInt(deposit.amount),
    validAfter: BigInt(times.validAfter),
    validBefore: BigInt(times.validBefore),
    nonce: depositNonce(paymentChannel, salt),
  };
  assertInTime(authorization, now);
  const digest = receiveDigest(tokenDomain(requirement, chainId), authorization);
  assertSigned({ digest, signature, by: authorization.from, what: 'the deposit' }, curve);
  return { ...authorization, salt, signature };
}

/** A voucher above what the channel holds is worth nothing; one below what was claimed buys nothing. */
function assertCovered(ceiling: bigint, deposit: bigint, channel: ChannelFacts | undefined): void {
  const { balance, totalClaimed, withdrawRequestedAt } = channel ?? NO_CHANNEL;
  if (withdrawRequestedAt !== 0) {
    throw new PayError('withdrawing', {
      what: 'the payer has begun to withdraw from this payment channel',
      fix: 'Finish the withdrawal and deposit again, or pay from another payment channel.',
    });
  }
  if (ceiling > balance + deposit) {
    throw new PayError('balance', {
      what: `the voucher goes up to ${ceiling}, and the payment channel holds ${balance + deposit}`,
      fix: 'Deposit more, or sign a smaller voucher.',
    });
  }
  if (ceiling >= totalClaimed) return;
  throw new PayError('below-claimed', {
    what: `the voucher goes up to ${ceiling}, and ${totalClaimed} has been claimed already`,
    fix: 'Sign a voucher above what PAYMENT-REQUIRED says was charged.',
  });
}

const NO_CHANNEL: ChannelFacts = { balance: 0n, totalClaimed: 0n, withdrawRequestedAt: 0 };

const channelIds = new Map<string, EvmHex>();

/** A channel's id never changes and costs as much to compute as the rest of a voucher. */
function cachedChannelId(config: ChannelConfig, chainId: number): EvmHex {
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt } = config;
  const key = `${chainId} ${payer} ${payerAuthorizer} ${receiver} ${receiverAuthorizer} ${token} ${withdrawDelay} ${salt}`;
  const known = channelIds.get(key);
  if (known !== undefined) return known;
  const id = paymentChannelId(config, chainId);
  if (channelIds.size >= 16_384) channelIds.clear();
  channelIds.set(key, id);
  return id;
}
