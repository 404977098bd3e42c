/** Who may do what on this node (PROTOCOL 8.3), and how many bytes each capability has put. */
import type { IncomingMessage } from 'node:http';
import { fromBase64, hex, sha256 } from '@assay/core';
import { authorise, decodeProof, NodeError, type Operation } from '@assay/storage';

/** An admitted request: `take` counts bytes against the capability and returns how to give them back. */
export interface Admission {
  /** Whose capability it is; undefined where everybody is let in. */
  readonly tenant?: Uint8Array;
  take(bytes: number): () => void;
}

/** @throws NodeError `unauthorised` | `quota` */
export interface Gate {
  admit(request: IncomingMessage, operation: Operation, subject: Uint8Array): Admission;
}

/** A gate that lets everybody in: for a node that only this machine can reach. */
export const openGate: Gate = { admit: () => ({ take: () => () => undefined }) };

export interface TenantGateOptions {
  readonly node: Uint8Array;
  /** Raw tenant keys this node serves. */
  readonly tenants: readonly Uint8Array[];
  /** Whether reading needs no capability. */
  readonly openReads?: boolean;
  /** Unix seconds. */
  readonly now: () => number;
}

/** A gate for tenants. Counts are kept in memory: after a restart a capability starts anew, within the node's quota. */
export function tenantGate({ node, tenants, openReads = false, now }: TenantGateOptions): Gate {
  const used = new Map<string, number>();
  return {
    admit(request, operation, subject) {
      if (openReads && operation === 'get') return { take: () => () => undefined };
      const text = /^Assay ([A-Za-z0-9+/=]+)$/.exec(request.headers.authorization ?? '')?.[1];
      if (text === undefined)
        throw new NodeError('unauthorised', { what: 'the request bears no capability' });
      const proof = decodeProof(fromBase64(text));
      const { maxBytes, tenant } = authorise(proof, { node, operation, subject }, { now: now(), tenants });
      const key = hex(sha256(proof.capability.bytes));
      return { tenant, take: (bytes) => take(used, { key, bytes, maxBytes }) };
    },
  };
}

function take(
  used: Map<string, number>,
  { key, bytes, maxBytes }: { key: string; bytes: number; maxBytes: number },
): () => void {
  const before = used.get(key) ?? 0;
  if (before + bytes > maxBytes)
    throw new NodeError('quota', { what: `${bytes} more bytes exceed the capability's ${maxBytes}` });
  used.set(key, before + bytes);
  return () => void used.set(key, (used.get(key) ?? 0) - bytes);
}
