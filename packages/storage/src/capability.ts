/** Capabilities (PROTOCOL 8.3): a tenant key allows a holder key some operations; the holder proves it per request. */
import { ed25519Verify, equal, hex, sha256, type Signer, utf8, concat } from '@assay/core';
import { le } from './bytes.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { NodeError } from './errors.ts';
import { Shape } from './shape.ts';

/** Delete is an operation of its own: whoever may write may not thereby remove. */
export type Operation = 'put' | 'get' | 'delete' | 'seal';

export interface Capability {
  readonly tenant: Uint8Array;
  /** The key that must sign each request. */
  readonly holder: Uint8Array;
  readonly operations: readonly Operation[];
  /** Nodes it is good for; empty means every node. */
  readonly nodes: readonly Uint8Array[];
  /** Bytes of shards the holder may put on one node under it. */
  readonly maxBytes: number;
  /** Unix seconds. */
  readonly expires: number;
  readonly nonce: Uint8Array;
}

/** Exact capability bytes with the tenant's signature. */
export interface SignedCapability {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** Signs a capability with the tenant's key. */
export function issueCapability(fields: Omit<Capability, 'tenant'>, tenant: Signer): SignedCapability {
  const { holder, operations, nodes, maxBytes, expires, nonce } = fields;
  const bytes = encodeCbor([VERSION, tenant.publicKey, holder, operations, nodes, maxBytes, expires, nonce]);
  return { bytes, signature: tenant.sign(bytes) };
}

/** What one request does, as the holder signs it. */
export interface RequestFacts {
  readonly node: Uint8Array;
  readonly operation: Operation;
  /** SHA-256 over what the operation names: pack id, index, shard root, as the API defines. */
  readonly subject: Uint8Array;
  /** Unix seconds at the holder. */
  readonly time: number;
}

/** A capability with the holder's signature over one request. */
export interface RequestProof {
  readonly capability: SignedCapability;
  readonly time: number;
  readonly signature: Uint8Array;
}

/** Seconds a request may be older or newer than the node's clock. */
const CLOCK_SKEW = 300;

function requestBytes(
  capability: SignedCapability,
  { node, operation, subject, time }: RequestFacts,
): Uint8Array {
  const fixed = [sha256(capability.bytes), node, le(OPERATIONS.indexOf(operation), 1), subject, le(time, 8)];
  return concat(utf8('ain.request.v1\0'), ...fixed);
}

/** Proves one request. */
export function proveRequest(
  capability: SignedCapability,
  facts: RequestFacts,
  holder: Signer,
): RequestProof {
  return { capability, time: facts.time, signature: holder.sign(requestBytes(capability, facts)) };
}

/**
 * Checks a request against the tenants this node serves.
 * @throws NodeError `unauthorised`, saying which rule failed
 */
export function authorise(
  proof: RequestProof,
  facts: Omit<RequestFacts, 'time'>,
  at: { now: number; tenants: readonly Uint8Array[] },
): Capability {
  const capability = decodeCapability(proof.capability.bytes);
  const { tenant, holder, operations, nodes, expires } = capability;
  const refuse = (what: string): NodeError => new NodeError('unauthorised', { what });
  if (!at.tenants.some((id) => equal(id, tenant)))
    throw refuse(`tenant ed25519:${hex(tenant)} is not served here`);
  if (!ed25519Verify(tenant, proof.capability.bytes, proof.capability.signature))
    throw refuse('the tenant did not sign it');
  if (expires <= at.now) throw refuse(`the capability expired ${at.now - expires} s ago`);
  if (!operations.includes(facts.operation))
    throw refuse(`the capability does not allow "${facts.operation}"`);
  if (nodes.length > 0 && !nodes.some((id) => equal(id, facts.node)))
    throw refuse('the capability names other nodes');
  if (Math.abs(at.now - proof.time) > CLOCK_SKEW)
    throw refuse(`the request is ${at.now - proof.time} s off this clock`);
  const message = requestBytes(proof.capability, { ...facts, time: proof.time });
  if (!ed25519Verify(holder, message, proof.signature)) throw refuse('the holder did not sign this request');
  return capability;
}

/** @throws FormatError `cbor` */
export function decodeCapability(bytes: Uint8Array): Capability {
  const [version, tenant, holder, operations, nodes, maxBytes, expires, nonce] = shape.array(
    decodeCbor(bytes),
    8,
  );
  if (version !== VERSION) throw shape.bad('the capability is of another version');
  return {
    tenant: shape.bytes(tenant, 32),
    holder: shape.bytes(holder, 32),
    operations: shape.array(operations).map((value) => {
      const operation = OPERATIONS.find((known) => known === value);
      if (operation === undefined) throw shape.bad('an operation is unknown');
      return operation;
    }),
    nodes: shape.array(nodes).map((id) => shape.bytes(id, 32)),
    maxBytes: shape.uint(maxBytes),
    expires: shape.uint(expires),
    nonce: shape.bytes(nonce, 16),
  };
}

/** The header form of a proof: deterministic CBOR, for base64. */
export function encodeProof({ capability, time, signature }: RequestProof): Uint8Array {
  return encodeCbor([capability.bytes, capability.signature, time, signature]);
}

/** @throws FormatError `cbor` */
export function decodeProof(bytes: Uint8Array): RequestProof {
  const [token, tenantSignature, time, signature] = shape.array(decodeCbor(bytes), 4);
  const capability = { bytes: shape.bytes(token), signature: shape.bytes(tenantSignature, 64) };
  return { capability, time: shape.uint(time), signature: shape.bytes(signature, 64) };
}

const VERSION = 'ain.capability.v1';
const OPERATIONS: readonly Operation[] = ['put', 'get', 'delete', 'seal'];
const shape = new Shape('cbor', 'a capability');
