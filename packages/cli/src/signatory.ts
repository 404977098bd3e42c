/** Who signs a command's statements, and how a key becomes a participant when it first speaks. */
import { findWork, type Predicate, signPaymentKey } from '@assay/core';
import type { Identity } from '@assay/core/node';
import { JOIN_WORK_BITS } from '@assay/views';

/** A key and what it is used as. */
export interface Signatory {
  readonly identity: Identity;
  /** Name that it joins under. */
  readonly name: string;
  readonly role: Role;
}

/** Roles of people at a command line. */
export type Role = 'owner' | 'agent' | 'verifier';

/** The statement by which a signatory joins (PROTOCOL 2.1); its work takes some 2^16 hashes. */
export function joinPredicate({ identity, name, role }: Signatory): Predicate<'participant.join'> {
  return {
    roles: [role],
    name,
    endpoints: [],
    paymentKey: identity.paymentKey,
    paymentKeySignature: signPaymentKey(identity.paymentSecret, identity.keyId),
    work: String(findWork(identity.signer.publicKey, JOIN_WORK_BITS)),
  };
}

/** A short name made of a file's: letters, digits, and signs that a name may hold. */
export function nameOfKeyFile(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.json$/, '');
  const name = file
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return name === '' ? 'participant' : name.slice(0, 64);
}
