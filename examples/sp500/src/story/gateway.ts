/** Asks the gateway for a forecast, and pays for it, as any program would: with the client. */
import { join } from 'node:path';
import { AssayError, type Signer } from '@assay/core';
import { Assay, type Inference, localWallet } from '@assay/sdk';
import { FileStore } from '@assay/sdk/node';
import { FEATURES } from '../index.ts';

/** A gateway that did not come up. */
export class ForecastError extends AssayError<'not-ready'> {}

/** A forecast, and the receipt that says where it came from. */
export interface Forecast {
  /** Annualised volatility of the next day, percent. */
  readonly percent: number;
  /** Record id of the receipt. */
  readonly receipt: string;
  /** Version that the receipt names. */
  readonly version: string;
  readonly node: string;
  /** What it cost, in atomic units of the network's token; `0` where it was free. */
  readonly cost: string;
}

/** Who asks and pays, on which network. */
export interface Desk {
  readonly dir: string;
  readonly gateway: string;
  /** Text of the policy file. */
  readonly policy: string;
  /** Signs what it asks. */
  readonly key: Signer;
  /** Secret of the key that pays. */
  readonly secret: Uint8Array;
}

/** Most tries: a node or the gateway may be killed while the story is told. */
const TRIES = 8;

/** The client of the agent; its books are where "npx assay pay list" looks for them. */
export function openDesk({ dir, gateway, policy, key, secret }: Desk): Assay {
  return new Assay({
    gateway,
    policy,
    key,
    wallet: localWallet(secret),
    store: new FileStore(join(dir, 'state', 'wallets', 'agent.book')),
    budget: { perRequest: '0.01', perDay: '1' },
    deposit: '1',
    tries: TRIES,
    followProofs: false,
  });
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

/** Waits until the gateway can show a refund of what a receipt cost, or for so long; a refund that is late is no fault. */
export async function waitUntilRefunded(gateway: string, receipt: string, timeoutMs = 10_000): Promise<void> {
  const url = `${gateway}/assay/v1/payments/${receipt}`;
  for (let waited = 0; waited < timeoutMs; waited += 250) {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const told = (await response.json()) as object;
    if ('refund' in told && 'disposition' in told) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** What is asked. */
export interface Question {
  /** Full name. */
  readonly model: string;
  /** The same id gives the same answer, however often it is asked. */
  readonly id: string;
  readonly features: readonly number[];
}

/** Asks until there is an answer; the same id gives the same one, so asking again is safe. @throws SdkError */
export async function askForecast(desk: Assay, { model, id, features }: Question): Promise<Forecast> {
  const inputs = { [FEATURES_INPUT]: [features.slice(0, FEATURES.length)] };
  const answer: Inference = await desk.infer({ model, id, inputs });
  const { id: receipt, node } = answer.receipt;
  const { charged: cost } = answer.payment;
  return { percent: Number(answer.values()[0]), receipt, version: answer.version, node, cost };
}

const FEATURES_INPUT = 'features';
