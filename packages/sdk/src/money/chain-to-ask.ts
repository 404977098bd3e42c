/** A chain over JSON-RPC, asked from browsers too: a question, an answer. */
import type { Fetch } from '../gateway.ts';

/** A chain that the caller believes: its JSON-RPC. Never one that the gateway named. */
export interface ChainToAsk {
  readonly url: string;
  readonly fetch: Fetch;
}

const TIMEOUT_MS = 10_000;

/** Asks. Rejects with the reason for people when the chain cannot tell. */
export async function askChain(
  { url, fetch }: ChainToAsk,
  method: string,
  params: readonly unknown[],
): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  const answer = (await response.json()) as { result?: unknown; error?: { message?: unknown } };
  if (answer.result !== undefined && answer.result !== null) return answer.result;
  throw new Error(`${method}: ${String(answer.error?.message ?? `status ${response.status}`)}`);
}
