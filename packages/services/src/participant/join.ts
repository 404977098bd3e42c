/** The statement by which a process becomes a participant. */
import { findWork, type Predicate, signPaymentKey, signStatement } from '@assay/core';
import type { Identity } from '@assay/core/node';
import { JOIN_WORK_BITS } from '@assay/views';

/** What a participant says of itself. */
export interface Membership {
  readonly roles: Predicate<'participant.join'>['roles'];
  readonly name: string;
  /** URLs at which it can be reached. */
  readonly endpoints: readonly string[];
  /** Key that answers for it; its own when absent. */
  readonly operator?: string;
}

/** The signed `participant.join` of `identity`. Finding its work takes some 2^16 hashes. */
export function joinEntry(identity: Identity, membership: Membership): Uint8Array {
  const { roles, name, endpoints, operator } = membership;
  const predicate = {
    roles,
    name,
    endpoints: [...endpoints],
    paymentKey: identity.paymentKey,
    paymentKeySignature: signPaymentKey(identity.paymentSecret, identity.keyId),
    work: String(findWork(identity.signer.publicKey, JOIN_WORK_BITS)),
    ...(operator === undefined ? {} : { operator }),
  };
  return signStatement('participant.join', predicate, identity.signer);
}
