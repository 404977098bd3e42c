/** The gateway's main path: from an inference request to an answer with its receipt. */
import { canonicalJson, encodeTensors, type Entropy, freshId, hex, sha256, utf8 } from '@assay/core';
import { chooseVersion, type Model, type Registry, type Version } from '@assay/views';
import { assertAskedByClient } from './client-signature.ts';
import { PayError, readPayment } from '@assay/pay';
import { type ExecuteHead, requestKey, type Salts } from '../inference-node/wire/index.ts';
import type { PublishedPrice } from '@assay/views';
import type { AskedMoney } from './check-answer.ts';
import type { DeliveryLedger, Given } from './delivery-ledger.ts';
import { GatewayError } from './gateway-error.ts';
import { checkOutputForms, type InferRequest } from './oip/index.ts';
import type { Peers } from './peers.ts';
import type { RequestParameters } from './request-parameters.ts';
import type { Cashier } from './pay/cashier.ts';
import { payerOf, requestIdOf, type SentPayment } from './pay/paid-question.ts';
import { requestHashOf } from './request-hash.ts';
import { type NodeAnswer, tryNodes } from './try-nodes.ts';

/** What is asked for, with names found and parameters read. */
export interface Inference {
  /** The request's URL. */
  readonly url: string;
  /** Header PAYMENT-SIGNATURE, if it came. */
  readonly paymentHeader: string | undefined;
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
  /** Undefined while there is none: a model with a price is then not served. */
  readonly cashier: () => Cashier | undefined;
  /** Whether a model has a price here. */
  readonly priceOf: (model: string) => PublishedPrice | undefined;
  readonly entropy: Entropy;
  readonly defaultChannel: string;
  readonly attempts: number;
  readonly attemptTimeoutMs: number;
  readonly onFailure: (node: string, what: string) => void;
}

/**
 * Answers an inference. A retry with the same client and id gets the answer that was chosen before.
 *
 * @throws GatewayError, PaymentRefusal, OipError `not-representable`
 */
export async function infer(inference: Inference, context: InferContext): Promise<Given> {
  const price = context.priceOf(inference.model.name);
  const sent = price === undefined ? undefined : readSent(inference);
  const head = headOf(inference, context, sent);
  const { version, target } = expectedVersion(inference, head, context);
  checkOutputForms(inference.request, version.outputs);
  const inputBytes = encodeTensors(inference.request.inputs);
  assertAskedByClient(head, inputBytes, inference.parameters.clientSignature);
  const key = requestKey(head);
  const hash = identityHash(head, inputBytes);
  const requestHash = requestHashOf(head, inputBytes);
  const ask = (payment?: ExecuteHead['payment'], money?: AskedMoney): Promise<NodeAnswer> =>
    tryNodes({
      head: payment === undefined ? head : { ...head, payment },
      inputBytes,
      requestHash,
      money,
      peers: context.peers.inOrder(version.digest, key),
      attempts: context.attempts,
      timeoutMs: context.attemptTimeoutMs,
      onFailure: context.onFailure,
    });
  if (price === undefined) return context.ledger.once({ key, hash }, () => ask());
  return tillOf(context).serve({
    head,
    requestHash,
    inputSize: inference.request.inputs.reduce((sum, { bytes }) => sum + bytes.length, 0),
    // Two payers may use one client's name and id: each has paid for an answer of its own.
    identity: { key: sent === undefined ? key : `${key} ${payerOf(sent.payment)}`, hash },
    price,
    url: inference.url,
    target,
    sent,
    ask,
  });
}

/** @throws GatewayError `payment` for a header that cannot be read */
function readSent({ paymentHeader: header }: Inference): SentPayment | undefined {
  if (header === undefined) return undefined;
  try {
    return { header, payment: readPayment(header) };
  } catch (error) {
    if (!(error instanceof PayError)) throw error;
    const { what, where, fix } = error;
    throw new GatewayError('payment', {
      what,
      cause: error,
      ...(where === undefined ? {} : { where }),
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

function tillOf({ cashier }: InferContext): Cashier {
  const till = cashier();
  if (till !== undefined) return till;
  throw new GatewayError('no-till', {
    what: 'the model has a price, and this gateway has no chain to be paid on',
    fix: 'Configure "money", or ask another gateway.',
  });
}

type Head = Omit<ExecuteHead, 'attempt' | 'payment'>;

function headOf(
  { model, pin, request, parameters }: Inference,
  context: InferContext,
  sent: SentPayment | undefined,
): Head {
  const { verification, uses, rerunOf, salts } = parameters;
  // A payment without an order binds nothing but its payer, so the receipt must name it; nor has an anonymous payer a name.
  const isNamed =
    sent === undefined || (parameters.client !== 'anonymous' && sent.payment.order !== undefined);
  const client = isNamed ? parameters.client : payerOf(sent.payment);
  const fresh = (): string => (sent === undefined ? freshId(context.entropy) : requestIdOf(sent));
  const id = request.id === undefined || request.id === '' ? fresh() : wellFormedId(request.id);
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
function expectedVersion(
  { model, pin }: Inference,
  { ask, id }: Head,
  { view }: InferContext,
): { readonly version: Version; readonly target: string } {
  if (pin !== undefined) return { version: pin, target: pin.digest };
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
  if (version !== undefined) return { version, target: decision.id };
  throw new GatewayError('channel-stopped', {
    what: `${channel} was stopped by its owner`,
    where: `log index ${decision.index}`,
    fix: 'Name a version in the URL to go on without the channel.',
  });
}
