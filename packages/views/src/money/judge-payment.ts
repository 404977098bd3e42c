/** What pays: a voucher of a payment channel with these terms that covers it, or an exact payment of enough. */
import { authorizerOf, chainIdOf, paymentChannelId, voucherDigest } from '@assay/core/money';
import type { ChargeCase } from './judge-charge.ts';
import type { Judged } from './flaw.ts';
import { signerOf } from './signer-of.ts';

/** @returns `voucher`, `beyond-voucher`, `cumulative` or `exact-value` */
export function judgePayment(found: ChargeCase): Judged {
  const { batch, exact, amount } = found.charge;
  if (batch !== undefined) return judgeUser(found, batch) ?? judgeVoucher(found, batch);
  if (found.isPerGateway && found.isSpent)
    return { flaw: 'exact-value', what: 'the payment was charged before' };
  if (exact !== undefined && BigInt(exact.value) >= BigInt(amount)) return undefined;
  return { flaw: 'exact-value', what: `${exact?.value ?? 0} was paid, ${amount} is charged` };
}

/** Two gateways cannot count one payment channel: it is of the one whose key is its salt, else of who charged it first. */
function judgeUser(
  { isPerGateway, channelUser, record, registry: { participants } }: ChargeCase,
  { config }: NonNullable<ChargeCase['charge']['batch']>,
): Judged {
  if (!isPerGateway) return undefined;
  const salted = participants.get(`ed25519:${config.salt.slice(2)}`);
  const user = salted?.roles.includes('gateway') === true ? salted.keyId : channelUser;
  if (user === undefined || participants.speaksFor(record.signer, user)) return undefined;
  return { flaw: 'voucher', what: `the payment channel is another gateway's (${user})` };
}

function judgeVoucher(
  { charge, price, capturedBefore, curve }: ChargeCase,
  { paymentChannel, config, voucher, cumulative }: NonNullable<ChargeCase['charge']['batch']>,
): Judged {
  const chainId = chainIdOf(charge.network);
  const ceiling = BigInt(voucher.maxClaimableAmount);
  const wrong =
    (paymentChannelId(config, chainId) !== paymentChannel && 'these terms make another payment channel') ||
    (config.payer !== charge.payer && 'another payer owns the payment channel') ||
    (config.receiver !== price.book.vault && 'the payment channel does not pay the vault') ||
    (config.token !== price.book.asset && 'the payment channel holds another token') ||
    (signerOf(voucherDigest(paymentChannel, ceiling, chainId), voucher.signature, curve) !==
      authorizerOf(config) &&
      'the voucher is not signed by who may spend');
  if (wrong !== false) return { flaw: 'voucher', what: wrong };
  const due = capturedBefore + BigInt(charge.amount);
  if (BigInt(cumulative) > ceiling) {
    return { flaw: 'beyond-voucher', what: `${cumulative} captured, the voucher goes up to ${ceiling}` };
  }
  if (BigInt(cumulative) === due) return undefined;
  return {
    flaw: 'cumulative',
    what: `${cumulative} is said to be captured, the charges before it make ${due}`,
  };
}
