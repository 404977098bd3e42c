/** Proofs of a tenant that asks in its own name (PROTOCOL 8.3): it issues itself short capabilities, one after another. */
import { type Clock, type Entropy, type Signer, unixSeconds } from '@assay/core';
import { issueCapability, type Operation, proveRequest, type SignedCapability } from '@assay/storage';
import type { HttpNodeOptions } from '@assay/storage/node';

/** How long a capability is good, and when it is replaced, in seconds. */
const LIFETIME = 3_600;
const RENEW_AT = 1_800;
const OPERATIONS: readonly Operation[] = ['put', 'get', 'seal'];

export type Prover = NonNullable<HttpNodeOptions['prove']>;

export function tenantProver(tenant: Signer, { clock, entropy }: { clock: Clock; entropy: Entropy }): Prover {
  let current: { capability: SignedCapability; until: number } | undefined;
  return (facts) => {
    const time = unixSeconds(clock);
    if (current === undefined || current.until <= time) {
      const capability = issueCapability(
        {
          holder: tenant.publicKey,
          operations: OPERATIONS,
          nodes: [],
          maxBytes: Number.MAX_SAFE_INTEGER,
          expires: time + LIFETIME,
          nonce: entropy.bytes(16),
        },
        tenant,
      );
      current = { capability, until: time + RENEW_AT };
    }
    return proveRequest(current.capability, { ...facts, time }, tenant);
  };
}
