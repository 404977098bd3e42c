/** Asks the gateway for a forecast over the Open Inference Protocol, as any KServe client would. */
import { AssayError, base64, encodeTensors, keyIdOf, signAsked, type Signer, tensorOf } from '@assay/core';
import { FEATURES } from '../index.ts';

/** A gateway that did not answer with a forecast. */
export class ForecastError extends AssayError<'refused' | 'no-receipt' | 'not-ready'> {}

/** A forecast, and the receipt that says where it came from. */
export interface Forecast {
  /** Annualised volatility of the next day, percent. */
  readonly percent: number;
  /** Record id of the receipt. */
  readonly receipt: string;
  /** Version that the receipt names. */
  readonly version: string;
  readonly node: string;
}

interface InferResponse {
  readonly outputs: readonly { readonly data: readonly number[] }[];
  readonly parameters?: Readonly<Record<string, string | undefined>>;
}

/** What is asked. */
export interface Question {
  /** Full name. */
  readonly model: string;
  readonly channel: string;
  /** The same id gives the same answer, however often it is asked. */
  readonly id: string;
  /** Who asks; it signs what it asks. */
  readonly client: Signer;
  readonly features: readonly number[];
}

/** Waits until the gateway can serve the model: until a node has seen the decision and leased the version. */
export async function waitUntilReady(gateway: string, model: string, timeoutMs = 20_000): Promise<void> {
  const url = `${gateway}/v2/models/${model}/ready`;
  for (let waited = 0; waited < timeoutMs; waited += 100) {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    if (response.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new ForecastError('not-ready', {
    what: `no node serves the model after ${timeoutMs / 1_000} s`,
    where: url,
  });
}

/** Asks until there is an answer; the same id gives the same one, so asking again is safe. @throws ForecastError */
export async function askForecast(gateway: string, question: Question): Promise<Forecast> {
  const url = `${gateway}/v2/models/${encodeURIComponent(question.model)}/infer`;
  const body = JSON.stringify({
    id: question.id,
    parameters: signedBy(question),
    inputs: [{ name: 'features', datatype: 'FP32', shape: [1, FEATURES.length], data: question.features }],
  });
  const response = await post(url, body);
  const text = await response.text();
  if (!response.ok) {
    throw new ForecastError('refused', {
      what: `the gateway answered ${response.status}: ${text.slice(0, 300)}`,
      where: url,
    });
  }
  const { outputs, parameters = {} } = JSON.parse(text) as InferResponse;
  const { assay_receipt: receipt, assay_version: version, assay_node: node } = parameters;
  const percent = outputs[0]?.data[0];
  if (receipt === undefined || version === undefined || node === undefined || percent === undefined) {
    throw new ForecastError('no-receipt', { what: 'the answer carries no receipt', where: url });
  }
  return { percent, receipt, version, node };
}

/** The parameters by which the gateway knows who asks: an answer belongs to whoever signed for the question. */
function signedBy({ model, channel, id, client, features }: Question): Record<string, string> {
  const name = keyIdOf(client.publicKey);
  const asked = {
    client: name,
    id,
    model,
    ask: { channel },
    parameters: {},
    verification: 'signed' as const,
  };
  const head = { name: 'features', datatype: 'FP32' as const, shape: [1, FEATURES.length] };
  const inputBytes = encodeTensors([tensorOf(head, Float32Array.from(features))]);
  return { assay_client: name, assay_client_signature: base64(signAsked(asked, inputBytes, client)) };
}

const TRIES = 5;

/** A gateway that is gone for a moment, or says "later", is asked again. @throws ForecastError `refused` */
async function post(url: string, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(30_000),
      });
      if (response.status < 500 || attempt === TRIES) return response;
      await response.arrayBuffer();
    } catch (cause) {
      if (attempt === TRIES)
        throw new ForecastError('refused', { what: 'the gateway does not answer', where: url, cause });
    }
    await new Promise((resolve) => setTimeout(resolve, attempt * 200));
  }
}
