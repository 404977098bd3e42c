/** Proofs of a tenant that asks in its own name (PROTOCOL 8.3): it issues itself short capabilities, one after another. */
import { type Clock, type Entropy, type Signer, unixSeconds } from '@assay/core';
import { issueCapability, type Operation, proveRequest, type SignedCapability } from '@assay/storage';
import type { HttpNodeOptions } from '@assay/storage/node';

/** How long a capability is good, and when it is replaced, in seconds. */
const LIFETIME = 3_600;
const RENEW_AT = 1_800;
const OPERATIONS: readonly Operation[] = ['put', 'get', 'seal'];
/** Deleting takes a capability of its own, issued when something is to be deleted. */
const DELETION: readonly Operation[] = ['delete'];

export type Prover = NonNullable<HttpNodeOptions['prove']>;

export function tenantProver(tenant: Signer, { clock, entropy }: { clock: Clock; entropy: Entropy }): Prover {
  const current = new Map<readonly Operation[], { capability: SignedCapability; until: number }>();
  return (facts) => {
    const time = unixSeconds(clock);
    const operations = facts.operation === 'delete' ? DELETION : OPERATIONS;
    const held = current.get(operations);
    if (held !== undefined && held.until > time)
      return proveRequest(held.capability, { ...facts, time }, tenant);
    const capability = issueCapability(
      {
        holder: tenant.publicKey,
        operations,
        nodes: [],
        maxBytes: Number.MAX_SAFE_INTEGER,
        expires: time + LIFETIME,
        nonce: entropy.bytes(16),
      },
      tenant,
    );
    current.set(operations, { capability, until: time + RENEW_AT });
    return proveRequest(capability, { ...facts, time }, tenant);
  };
}
