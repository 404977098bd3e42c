/** Who may sign what, judged at the statement's own log index (PROTOCOL 2.2). */
import {
  fromHex,
  type LogRecord,
  publicKeyOf,
  utf8,
  verifyPaymentKey,
  workBits,
  ed25519Verify,
} from '@assay/core';
import { modelOfChannel } from './channels.ts';
import type { Registry } from './registry.ts';

/** Leading zero bits that joining costs (PROTOCOL 2.3): some 65 000 hashes. */
export const JOIN_WORK_BITS = 16;

/** Why a statement counts for nothing. Each is shown beside the entry it concerns. */
export type Refusal =
  | 'duplicate'
  | 'not-joined'
  | 'already-joined'
  | 'work'
  | 'payment-key'
  | 'not-operator'
  | 'not-owner'
  | 'not-node'
  | 'not-gateway'
  | 'not-settler'
  | 'not-record-owner'
  | 'not-client'
  | 'unknown-record'
  | 'unknown-model'
  | 'unknown-version'
  | 'name-taken'
  | 'rotation-proof'
  | 'not-witnessed'
  | 'stale';

/** The reason to ignore `record`, or undefined when its signer was allowed to say it. */
export function refusalOf(registry: Registry, record: LogRecord): Refusal | undefined {
  if (record.kind === 'participant.join') return refusalOfJoin(registry, record);
  if (!registry.participants.isActive(record.signer)) return 'not-joined';
  switch (record.kind) {
    case 'model.create':
      if (!registry.participants.speaksFor(record.signer, ownerOf(record.predicate.model)))
        return 'not-owner';
      return registry.models.get(record.predicate.model) === undefined ? undefined : 'name-taken';
    case 'grant':
      return ownerOnly(registry, record.signer, record.predicate.model);
    case 'revoke':
      return refusalOfRevoke(registry, record.signer, record.predicate.grant);
    case 'version.publish':
      return refusalOfPublish(registry, record);
    case 'version.withdraw':
      return (
        mayActOn(registry, record.signer, record.predicate.model, 'channel.decide') ??
        known(
          registry.models.version(record.predicate.version)?.model === record.predicate.model,
          'unknown-version',
        )
      );
    case 'channel.decide':
      return refusalOfDecision(registry, record);
    case 'serve.stream':
    case 'serve.lease':
    case 'serve.drain':
      return needsRole(registry, record.signer, 'node', 'not-node');
    case 'output.receipt':
      return (
        needsRole(registry, record.signer, 'node', 'not-node') ??
        known(
          registry.models.version(record.predicate.version)?.model === record.predicate.model,
          'unknown-version',
        )
      );
    case 'batch':
    case 'charge.withhold':
    case 'refund':
    case 'refund.veto':
      return needsRole(registry, record.signer, 'settler', 'not-settler');
    case 'price.publish':
    case 'charge':
    case 'release':
    case 'request.deliver':
      return needsRole(registry, record.signer, 'gateway', 'not-gateway');
    case 'lease.lapse':
      return refusalOfLapse(registry, record.signer, record.predicate.lease);
    case 'key.rotate':
      return refusalOfRotation(registry, record);
    case 'key.compromised':
      return registry.participants.get(record.predicate.key)?.operator === record.signer ||
        record.predicate.key === record.signer
        ? undefined
        : 'not-record-owner';
    case 'checkpoint.cosigned':
    case 'view.root':
    case 'rules.activate':
    case 'parameters.set':
    case 'log.succeed':
      return record.signer === registry.operator ? undefined : 'not-operator';
    case 'incident.settle':
    case 'incident.reverse':
      return mayHandle(registry, record.signer, record.predicate.target);
    case 'payload.erase':
      return refusalOfErasure(registry, record.signer, record.predicate.record);
    default:
      return undefined;
  }
}

/** Whether `signer` may dispose of a record: its owner, or a handler that the model's owner authorised. */
export function mayHandle(registry: Registry, signer: string, target: string): Refusal | undefined {
  const record = registry.owners.get(target);
  if (record === undefined) return 'unknown-record';
  const owns = [record.signer, record.client].some(
    (owner) => owner !== undefined && registry.participants.speaksFor(signer, owner),
  );
  if (owns) return undefined;
  if (record.model === undefined) return 'not-record-owner';
  return mayActOn(registry, signer, record.model, 'incident.settle') === undefined
    ? undefined
    : 'not-record-owner';
}

/** Whether `signer` owns `model` or holds a grant in force for `permission`. */
export function mayActOn(
  registry: Registry,
  signer: string,
  model: string,
  permission: string,
): Refusal | undefined {
  if (registry.models.get(model) === undefined) return 'unknown-model';
  if (registry.models.isGranted(signer, model, permission)) return undefined;
  return ownerOnly(registry, signer, model);
}

const ownerOf = (model: string): string => model.slice(0, model.indexOf('/'));

const known = (holds: boolean, otherwise: Refusal): Refusal | undefined => (holds ? undefined : otherwise);

function ownerOnly(registry: Registry, signer: string, model: string): Refusal | undefined {
  return registry.participants.speaksFor(signer, ownerOf(model)) ? undefined : 'not-owner';
}

function needsRole(
  registry: Registry,
  signer: string,
  role: string,
  otherwise: Refusal,
): Refusal | undefined {
  return known(registry.participants.get(signer)?.roles.includes(role) === true, otherwise);
}

function refusalOfJoin(
  registry: Registry,
  { signer, predicate }: LogRecord & { kind: 'participant.join' },
): Refusal | undefined {
  if (registry.participants.get(signer) !== undefined) return 'already-joined';
  if (workBits(publicKeyOf(signer), Number(predicate.work)) < JOIN_WORK_BITS) return 'work';
  return known(verifyPaymentKey(predicate.paymentKey, predicate.paymentKeySignature, signer), 'payment-key');
}

function refusalOfRevoke(registry: Registry, signer: string, id: string): Refusal | undefined {
  const grant = registry.models.grantById(id);
  if (grant === undefined) return 'unknown-record';
  return known(registry.participants.speaksFor(signer, grant.grantedBy), 'not-record-owner');
}

function refusalOfPublish(
  registry: Registry,
  { signer, predicate }: LogRecord & { kind: 'version.publish' },
): Refusal | undefined {
  const refusal = mayActOn(registry, signer, predicate.model, 'version.publish');
  if (refusal !== undefined) return refusal;
  const taken = registry.models.find(predicate.model, predicate.label);
  return taken === undefined ? undefined : 'name-taken';
}

function refusalOfDecision(
  registry: Registry,
  { signer, predicate }: LogRecord & { kind: 'channel.decide' },
): Refusal | undefined {
  const model = modelOfChannel(predicate.channel);
  const refusal = mayActOn(registry, signer, model, 'channel.decide');
  if (refusal !== undefined) return refusal;
  return known(
    Object.keys(predicate.to).every((version) => registry.models.version(version)?.model === model),
    'unknown-version',
  );
}

function refusalOfLapse(registry: Registry, signer: string, id: string): Refusal | undefined {
  const lease = registry.leases.byId(id);
  if (lease === undefined) return 'unknown-record';
  if (lease.drainedAt !== undefined || lease.lapsedAt !== undefined) return 'stale';
  const model = registry.models.version(lease.version)?.model;
  return model === undefined ? 'unknown-version' : mayActOn(registry, signer, model, 'channel.decide');
}

/** PROTOCOL 8.2: of an output only the client that its receipt names decides; of anything else, who signed it. */
function refusalOfErasure(registry: Registry, signer: string, id: string): Refusal | undefined {
  const record = registry.owners.get(id);
  if (record === undefined) return 'unknown-record';
  const client = record.kind === 'output.receipt' ? record.client : record.signer;
  return known(client !== undefined && registry.participants.speaksFor(signer, client), 'not-client');
}

function refusalOfRotation(
  registry: Registry,
  { signer, predicate }: LogRecord & { kind: 'key.rotate' },
): Refusal | undefined {
  if (registry.participants.get(predicate.to) !== undefined) return 'already-joined';
  const proven = ed25519Verify(publicKeyOf(predicate.to), utf8(signer), fromHex(predicate.proof));
  return known(proven, 'rotation-proof');
}
