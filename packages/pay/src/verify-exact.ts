/** Scheme `exact`: an EIP-3009 transfer of exactly the offered amount to the vault. */
import { transferDigest } from '@assay/core/money';
import { PayError } from './errors.ts';
import { tokenDomain } from './token-domain.ts';
import { assertSigned } from './verified-signer.ts';
import type { SchemeContext } from './verify-batch.ts';
import type { VerifiedPayment } from './verify-payment.ts';
import { assertInTime } from './verify-time.ts';
import type { ExactPayload } from './wire/payloads.ts';

type ExactPayment = Omit<Extract<VerifiedPayment, { scheme: 'exact' }>, 'max' | 'network' | 'order'>;

/** @throws PayError */
export function verifyExactPayment(
  { authorization: sent, signature }: ExactPayload,
  { requirement, chainId, now, curve }: SchemeContext,
): ExactPayment {
  if (sent.to !== requirement.payTo.toLowerCase()) {
    throw new PayError('terms', {
      what: `${sent.to} is not who is to be paid`,
      where: 'payload.authorization.to',
    });
  }
  if (sent.value !== requirement.amount) {
    throw new PayError('amount', {
      what: `${sent.value} is not the amount asked for (${requirement.amount})`,
      where: 'payload.authorization.value',
    });
  }
  const authorization = {
    ...sent,
    value: BigInt(sent.value),
    validAfter: BigInt(sent.validAfter),
    validBefore: BigInt(sent.validBefore),
  };
  assertInTime(authorization, now);
  const digest = transferDigest(tokenDomain(requirement, chainId), authorization);
  assertSigned({ digest, signature, by: sent.from, what: 'the authorization' }, curve);
  return { scheme: 'exact', payer: sent.from, authorization: { ...authorization, signature } };
}
