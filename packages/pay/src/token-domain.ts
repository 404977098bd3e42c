/** The EIP-712 domain of an offer's token, whose name and version the offer states. */
import { type Address, type Domain } from '@assay/core/money';
import { PayError } from './errors.ts';
import type { PaymentRequirement } from './wire/messages.ts';

/** @throws PayError `requirement` when the offer does not name them */
export function tokenDomain({ asset, extra }: PaymentRequirement, chainId: number): Domain {
  const { name, version } = extra;
  if (typeof name !== 'string' || typeof version !== 'string') {
    throw new PayError('requirement', {
      what: 'the offer does not say the name and version of its token',
      where: 'accepts.extra',
    });
  }
  return { name, version, chainId, verifyingContract: asset.toLowerCase() as Address };
}
