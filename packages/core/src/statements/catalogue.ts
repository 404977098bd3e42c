/** Every statement that exists: its schema, who may sign it, its subject, and the keys that make it unique. */
import type { z } from 'zod';
import { evidence } from './evidence.ts';
import {
  incidentAmend,
  incidentClose,
  incidentOpen,
  incidentReverse,
  incidentSettle,
  scopeAttest,
} from './incidents.ts';
import { batch, charge, chargeWithhold, pricePublish, refund, refundVeto, release } from './money.ts';
import { channelDecide, modelCreate, versionPublish, versionWithdraw } from './models.ts';
import { outputReceipt } from './outputs.ts';
import {
  endorse,
  grant,
  keyCompromised,
  keyRotate,
  participantJoin,
  participantLeave,
  revoke,
} from './people.ts';
import {
  checkpointCosigned,
  logSucceed,
  parametersSet,
  payloadErase,
  rulesActivate,
  viewRoot,
} from './rules.ts';
import { leaseLapse, requestDeliver, serveDrain, serveLease, serveStream } from './serving.ts';
import { blobCertificate, challengeResult, repair } from './storage.ts';
import { act, derive } from './use.ts';

/**
 * Who may sign (PROTOCOL 2.2), decided by the registry at the statement's own log index:
 * `self` any key, for itself · `joined` any joined key · `owner` the model's owner or a key it granted ·
 * `node`, `gateway`, `settler` a joined key of that role · `record-owner` whoever signed the record it is about ·
 * `client` the client that an output's receipt names · `operator` the log's own key · `opener` the incident's opener.
 */
export type Authority =
  | 'self'
  | 'joined'
  | 'owner'
  | 'node'
  | 'gateway'
  | 'settler'
  | 'record-owner'
  | 'client'
  | 'operator'
  | 'opener';

const schemas = {
  'participant.join': participantJoin,
  'participant.leave': participantLeave,
  grant,
  revoke,
  'key.rotate': keyRotate,
  'key.compromised': keyCompromised,
  endorse,
  'model.create': modelCreate,
  'version.publish': versionPublish,
  'version.withdraw': versionWithdraw,
  'channel.decide': channelDecide,
  'serve.stream': serveStream,
  'serve.lease': serveLease,
  'serve.drain': serveDrain,
  'lease.lapse': leaseLapse,
  'request.deliver': requestDeliver,
  'output.receipt': outputReceipt,
  derive,
  act,
  evidence,
  'incident.open': incidentOpen,
  'incident.amend': incidentAmend,
  'incident.settle': incidentSettle,
  'incident.reverse': incidentReverse,
  'scope.attest': scopeAttest,
  'incident.close': incidentClose,
  'price.publish': pricePublish,
  charge,
  release,
  batch,
  'charge.withhold': chargeWithhold,
  refund,
  'refund.veto': refundVeto,
  'blob.certificate': blobCertificate,
  'challenge.result': challengeResult,
  repair,
  'checkpoint.cosigned': checkpointCosigned,
  'view.root': viewRoot,
  'rules.activate': rulesActivate,
  'parameters.set': parametersSet,
  'log.succeed': logSucceed,
  'payload.erase': payloadErase,
} as const;

/** The name of a statement type, such as `channel.decide`. */
export type Kind = keyof typeof schemas;
/** The predicate of a statement type. */
export type Predicate<K extends Kind> = z.infer<(typeof schemas)[K]>;

/** All kinds, in the order of DESIGN §5. */
export const KINDS = Object.keys(schemas) as readonly Kind[];

/** The schema of one kind. */
export function schemaOf<K extends Kind>(kind: K): (typeof schemas)[K] {
  return schemas[kind];
}

/** The documented rule for who may sign each kind. */
export const AUTHORITY: { readonly [K in Kind]: Authority } = {
  'participant.join': 'self',
  'participant.leave': 'joined',
  grant: 'owner',
  revoke: 'record-owner',
  'key.rotate': 'joined',
  'key.compromised': 'joined',
  endorse: 'joined',
  'model.create': 'owner',
  'version.publish': 'owner',
  'version.withdraw': 'owner',
  'channel.decide': 'owner',
  'serve.stream': 'node',
  'serve.lease': 'node',
  'serve.drain': 'node',
  'lease.lapse': 'owner',
  'request.deliver': 'gateway',
  'output.receipt': 'node',
  derive: 'joined',
  act: 'joined',
  evidence: 'joined',
  'incident.open': 'joined',
  'incident.amend': 'opener',
  'incident.settle': 'record-owner',
  'incident.reverse': 'record-owner',
  'scope.attest': 'joined',
  'incident.close': 'joined',
  'price.publish': 'gateway',
  charge: 'gateway',
  release: 'gateway',
  batch: 'settler',
  'charge.withhold': 'settler',
  refund: 'settler',
  'refund.veto': 'settler',
  'blob.certificate': 'joined',
  'challenge.result': 'joined',
  repair: 'joined',
  'checkpoint.cosigned': 'operator',
  'view.root': 'operator',
  'rules.activate': 'operator',
  'parameters.set': 'operator',
  'log.succeed': 'operator',
  'payload.erase': 'client',
};

type KeysOf = { readonly [K in Kind]?: (predicate: Predicate<K>, signer: string) => readonly string[] };

/** What a signer may say only once. The same key under another record id is equivocation evidence (PROTOCOL 1.2). */
const keysOf: KeysOf = {
  'participant.join': (_, signer) => [`join ${signer}`],
  'model.create': ({ model }) => [`model ${model}`],
  'version.publish': ({ model, label }) => [`label ${model} ${label}`],
  'output.receipt': ({ stream, sequence }, signer) => [`receipt ${signer} ${stream} ${sequence}`],
  'serve.stream': ({ stream }, signer) => [`stream ${signer} ${stream}`],
  'request.deliver': ({ receipt }, signer) => [`deliver ${signer} ${receipt}`],
  charge: ({ receipt, payer, order }, signer) => [
    `charge ${signer} ${receipt}`,
    ...(order === undefined ? [] : [`paid ${signer} ${payer} ${order.requestId}`]),
  ],
  release: ({ receipt }, signer) => (receipt === undefined ? [] : [`release ${signer} ${receipt}`]),
  batch: ({ network, vault, number }, signer) => [`batch ${signer} ${network} ${vault} ${number}`],
  refund: ({ network, vault, incident, round }, signer) => [
    `refund ${signer} ${network} ${vault} ${incident}${round === undefined ? '' : ` ${round}`}`,
  ],
  'refund.veto': ({ network, vault, name, tx }, signer) => [
    `veto ${signer} ${network} ${vault} ${name} ${tx}`,
  ],
  'checkpoint.cosigned': ({ origin, size }) => [`cosigned ${origin} ${size}`],
  'view.root': ({ origin, size, rules }) => [`view ${origin} ${size} ${rules}`],
  'scope.attest': ({ incident, size }, signer) => [`attest ${signer} ${incident} ${size}`],
};

/** The declared dedupe keys of a statement, besides (id, signer). */
export function declaredKeys<K extends Kind>(
  kind: K,
  predicate: Predicate<K>,
  signer: string,
): readonly string[] {
  return (keysOf[kind] as KeysOf[K])?.(predicate, signer) ?? [];
}
