/** The gateway's main path: from an inference request to an answer with its receipt. */
import { canonicalJson, encodeTensors, type Entropy, freshId, hex, sha256, utf8 } from '@assay/core';
import { chooseVersion, type Model, type Registry, type Version } from '@assay/views';
import { type ExecuteHead, type ReadResponse, requestKey, type Salts } from '../inference-node/wire/index.ts';
import { assertAskedByClient } from './client-signature.ts';
import type { DeliveryLedger } from './delivery-ledger.ts';
import { GatewayError } from './gateway-error.ts';
import { checkOutputForms, type InferRequest } from './oip/index.ts';
import type { Peers } from './peers.ts';
import type { RequestParameters } from './request-parameters.ts';
import { tryNodes } from './try-nodes.ts';

/** What is asked for, with names found and parameters read. */
export interface Inference {
  readonly model: Model;
  /** The version that the URL names; absent for whatever the channel says. */
  readonly pin: Version | undefined;
  readonly request: InferRequest;
  readonly parameters: RequestParameters;
}

/** What the path works with. */
export interface InferContext {
  readonly view: { readonly registry: Registry; readonly witnessedSize: number };
  readonly peers: Peers;
  readonly ledger: DeliveryLedger;
  readonly entropy: Entropy;
  readonly defaultChannel: string;
  readonly attempts: number;
  readonly attemptTimeoutMs: number;
  readonly onFailure: (node: string, what: string) => void;
}

/**
 * Answers an inference. A retry with the same client and id gets the answer that was chosen before.
 *
 * @throws GatewayError, OipError `not-representable`
 */
export async function infer(inference: Inference, context: InferContext): Promise<ReadResponse> {
  const head = headOf(inference, context);
  const expected = expectedVersion(inference, head, context);
  checkOutputForms(inference.request, expected.outputs);
  const inputBytes = encodeTensors(inference.request.inputs);
  assertAskedByClient(head, inputBytes, inference.parameters.clientSignature);
  const key = requestKey(head);
  const identity = { key, hash: identityHash(head, inputBytes) };
  return context.ledger.once(identity, () =>
    tryNodes({
      head,
      inputBytes,
      peers: context.peers.inOrder(expected.digest, key),
      attempts: context.attempts,
      timeoutMs: context.attemptTimeoutMs,
      onFailure: context.onFailure,
    }),
  );
}

type Head = Omit<ExecuteHead, 'attempt'>;

function headOf({ model, pin, request, parameters }: Inference, context: InferContext): Head {
  const { client, verification, uses, rerunOf, salts } = parameters;
  const id =
    request.id === undefined || request.id === '' ? freshId(context.entropy) : wellFormedId(request.id);
  const channel = `${model.name}/${parameters.channel ?? context.defaultChannel}`;
  return {
    client,
    id,
    model: model.name,
    ask: pin === undefined ? { channel } : { pin: pin.digest },
    ...(request.outputs === undefined ? {} : { outputs: request.outputs.map(({ name }) => name) }),
    parameters: {},
    verification,
    ...(uses.length === 0 ? {} : { uses: [...uses] }),
    ...(rerunOf === undefined ? {} : { rerunOf }),
    salts: freshSalts(salts, context.entropy),
  };
}

/** The request's own hash: what was asked, without the salts that a retry would not know. */
function identityHash({ salts: _salts, ...asked }: Head, inputBytes: Uint8Array): string {
  return hex(sha256(utf8(canonicalJson(asked)), inputBytes));
}

function freshSalts(chosen: Partial<Salts>, entropy: Entropy): Salts {
  const fresh = (): string => hex(entropy.bytes(32));
  return {
    request: chosen.request ?? fresh(),
    input: chosen.input ?? fresh(),
    output: chosen.output ?? fresh(),
  };
}

function wellFormedId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(id)) return id;
  throw new GatewayError('parameter', {
    what: `the request id "${id.slice(0, 80)}" is not letters, digits and . _ : - (at most 64)`,
    where: 'id',
    fix: 'It stands in the public log, so it must not say anything about a person.',
  });
}

/** The version that nodes are expected to run; which one it is in the end is the node's word, in its receipt. */
function expectedVersion({ model, pin }: Inference, { ask, id }: Head, { view }: InferContext): Version {
  if (pin !== undefined) return pin;
  const channel = 'channel' in ask ? ask.channel : '';
  const decision = view.registry.channels.inForce(channel, view.witnessedSize);
  if (decision === undefined) {
    const names = view.registry.channels.ofModel(model.name).map(({ shortName }) => shortName);
    throw new GatewayError('unknown-channel', {
      what: `no decision is in force for the channel ${channel}`,
      where: 'parameters.assay_channel',
      fix:
        names.length === 0 ? 'The owner has not promoted a version yet.' : `Channels: ${names.join(', ')}.`,
    });
  }
  const digest = chooseVersion(id, decision);
  const version = digest === undefined ? undefined : view.registry.models.version(digest);
  if (version !== undefined) return version;
  throw new GatewayError('channel-stopped', {
    what: `${channel} was stopped by its owner`,
    where: `log index ${decision.index}`,
    fix: 'Name a version in the URL to go on without the channel.',
  });
}
