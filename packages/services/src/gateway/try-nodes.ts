/** Asks one node after the other until one answers (PROTOCOL 5.4). */
import type { ReadResponse } from '../inference-node/wire/index.ts';
import { encodeExecuteRequest, type ExecuteHead } from '../inference-node/wire/index.ts';
import { type AskedMoney, flawOf } from './check-answer.ts';
import { GatewayError } from './gateway-error.ts';
import type { NodePeer, TryResult } from './node-peer.ts';
import type { RequestHash } from './request-hash.ts';

/** What to ask, and how persistently. */
export interface Trying {
  /** `attempt` is filled in here. */
  readonly head: Omit<ExecuteHead, 'attempt'>;
  readonly inputBytes: Uint8Array;
  readonly requestHash: RequestHash;
  readonly money?: AskedMoney | undefined;
  /** Best first. */
  readonly peers: readonly NodePeer[];
  readonly attempts: number;
  readonly timeoutMs: number;
  /** Told of each try that failed. */
  readonly onFailure: (node: string, what: string) => void;
}

/** An answer that holds, its exact bytes, and who gave it. */
export interface NodeAnswer {
  readonly answer: ReadResponse;
  readonly body: Uint8Array;
}

/**
 * Tries nodes in order, each with the next attempt number. When there are fewer nodes than tries, it begins again with
 * the first: a node that has the answer gives the same one.
 *
 * @throws GatewayError `refused` | `no-node` | `nodes-failed`
 */
export async function tryNodes(trying: Trying): Promise<NodeAnswer> {
  const { peers, attempts, timeoutMs, onFailure } = trying;
  const failures: string[] = [];
  for (let attempt = 0; attempt < attempts && peers.length > 0; attempt++) {
    const peer = peers[attempt % peers.length] as NodePeer;
    const head = { ...trying.head, attempt };
    const result = await peer.execute(encodeExecuteRequest(head, trying.inputBytes), timeoutMs);
    const { inputBytes, requestHash, money } = trying;
    const judged = judge(result, { head, inputBytes, requestHash, node: peer.keyId, money });
    if (judged.kind !== 'failed') peer.breaker.succeeded();
    if (judged.kind === 'answered') return judged;
    if (judged.kind === 'refused') {
      const { what, fix, status } = judged;
      throw new GatewayError('refused', { what, ...(fix === undefined ? {} : { fix }) }, status);
    }
    if (judged.kind === 'failed') peer.breaker.failed();
    onFailure(peer.keyId, judged.what);
    failures.push(judged.what);
  }
  if (failures.length > 0) throw allFailed(failures);
  throw new GatewayError('no-node', {
    what: 'no inference node has joined',
    fix: 'Start one, and wait until the log has its lease.',
  });
}

function judge(result: TryResult, asked: Parameters<typeof flawOf>[1]): TryResult {
  if (result.kind !== 'answered') return result;
  const flaw = flawOf(result.answer, asked);
  return flaw === undefined ? result : { kind: 'failed', what: flaw };
}

function allFailed(failures: readonly string[]): GatewayError {
  return new GatewayError('nodes-failed', {
    what: `${failures.length} tries failed; the last: ${failures.at(-1)}`,
    fix: 'Try again with the same id: an answer that was made is not made twice.',
  });
}
