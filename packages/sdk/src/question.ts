/** A question as it goes out: everything that its receipt will be held against, with salts of the caller's own. */
import {
  type AskedRequest,
  base64,
  commit,
  encodeTensors,
  type Entropy,
  hex,
  isKeyClient,
  keyIdOf,
  requestBytes,
  signAsked,
  type Signer,
  type Tensor,
} from '@assay/core';
import { SdkError } from './errors.ts';
import type { Inputs } from './inputs.ts';
import { tensorsOf } from './inputs.ts';
import { encodeQuestion, type OipBody } from './oip.ts';
import type { Named, Terms } from './terms.ts';

/** What may be asked. */
export interface Ask extends Named {
  readonly inputs: Inputs;
  /** Request id; the same id gets the same answer. A fresh one when absent. It stands in the public log. */
  readonly id?: string | undefined;
  /** Who asks, where it is not the client's own key: a short name. */
  readonly client?: string | undefined;
  /** Names of the outputs wanted; all when absent. */
  readonly outputs?: readonly string[] | undefined;
  /** Record ids of what went into the inputs. */
  readonly uses?: readonly string[] | undefined;
  readonly rerunOf?: string | undefined;
  readonly verification?: AskedRequest['verification'] | undefined;
  /** How far the receipt must have come in the log before the answer is given. */
  readonly wait?: 'signed' | 'sequenced' | 'witnessed' | undefined;
}

/** One fresh salt per committed field (PROTOCOL 8.1). */
export interface Salts {
  readonly request: Uint8Array;
  readonly input: Uint8Array;
  readonly output: Uint8Array;
}

/** A question made ready. */
export interface Question {
  readonly asked: AskedRequest;
  readonly inputs: readonly Tensor[];
  readonly inputBytes: Uint8Array;
  readonly salts: Salts;
  /** What the receipt's `request.hash` must be. */
  readonly requestHash: string;
  readonly path: string;
  readonly message: OipBody;
}

/** Who asks, and chance. */
export interface Asking {
  readonly client: string;
  readonly id: string;
  readonly entropy: Entropy;
  /** Signs what is asked in the name of a key. */
  readonly key?: Signer | undefined;
}

/** Makes a question of what is asked, by the gateway's terms. @throws SdkError `usage`; TensorError */
export function prepare(ask: Ask, terms: Terms, { client, id, entropy, key }: Asking): Question {
  const { target, model } = terms;
  const inputs = tensorsOf(ask.inputs, terms.inputs);
  const inputBytes = encodeTensors(inputs);
  const salts = { request: entropy.bytes(32), input: entropy.bytes(32), output: entropy.bytes(32) };
  const asked: AskedRequest = {
    client,
    id,
    model,
    ask: 'pin' in target ? { pin: target.pin } : { channel: target.channel },
    outputs: ask.outputs,
    parameters: {},
    verification: ask.verification ?? 'signed',
    uses: ask.uses === undefined || ask.uses.length === 0 ? undefined : ask.uses,
    rerunOf: ask.rerunOf,
  };
  const version = 'pin' in target ? `/versions/${encodeURIComponent(target.pin)}` : '';
  return {
    asked,
    inputs,
    inputBytes,
    salts,
    requestHash: commit(salts.request, 'request', requestBytes(asked, inputBytes)),
    path: `/v2/models/${encodeURIComponent(model)}${version}/infer`,
    message: encodeQuestion({
      id,
      inputs,
      outputs: ask.outputs,
      parameters: {
        ...parametersOf(asked, salts, ask.wait ?? 'signed'),
        ...signatureOf(asked, inputBytes, key),
      },
    }),
  };
}

/** PROTOCOL 5.3: in a key's name only what that key signed is asked. @throws SdkError `usage` */
function signatureOf(
  asked: AskedRequest,
  inputBytes: Uint8Array,
  key: Signer | undefined,
): Record<string, string> {
  if (!isKeyClient(asked.client)) return {};
  if (key !== undefined && keyIdOf(key.publicKey) === asked.client)
    return { assay_client_signature: base64(signAsked(asked, inputBytes, key)) };
  throw new SdkError('usage', {
    what: `${asked.client} is a key that this client does not have, and gateways refuse what it did not sign`,
    where: 'client',
    fix: 'Give the key itself: new Assay({ …, key }), or a short name.',
  });
}

function parametersOf(asked: AskedRequest, salts: Salts, wait: string): Record<string, string> {
  const { client, ask, verification, uses, rerunOf } = asked;
  return {
    assay_client: client,
    assay_inline: 'receipt',
    assay_verification: verification,
    assay_salt_request: hex(salts.request),
    assay_salt_input: hex(salts.input),
    assay_salt_output: hex(salts.output),
    wait,
    ...('channel' in ask ? { assay_channel: ask.channel.slice(ask.channel.lastIndexOf('/') + 1) } : {}),
    ...(uses === undefined ? {} : { assay_uses: uses.join(',') }),
    ...(rerunOf === undefined ? {} : { assay_rerun_of: rerunOf }),
  };
}
