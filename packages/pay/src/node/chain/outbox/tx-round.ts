/** One look at the chain for everything that is not final: what was mined, what was forgotten, what is to be sent. */
import { RpcError } from '../errors.ts';
import type { Rpc } from '../rpc.ts';
import { type Broadcast, meaningOf } from './broadcast.ts';
import type { MinedAt, TxAttempt, TxRecord, TxStore } from './tx-store.ts';

/** What a round tells. */
export type TxEvent =
  | { readonly type: 'mined' | 'confirmed' | 'forgotten'; readonly key: string }
  | { readonly type: 'problem'; readonly key: string; readonly problem: Broadcast; readonly said: string };

/** What a round works on. */
export interface RoundParts {
  readonly rpc: Rpc;
  readonly store: TxStore;
  readonly sender: string;
  /** Blocks, its own counted, after which a transaction is final. */
  readonly confirmations: number;
  /** Signs `record` anew, at a higher fee or under another nonce, and keeps that. */
  readonly sign: (record: TxRecord, why: 'underpriced' | 'nonce-taken') => Promise<TxAttempt>;
  /** Whether a transaction that waits has waited long enough to be given a higher fee. */
  readonly isSlow: (record: TxRecord) => boolean;
  readonly tell: (event: TxEvent) => void;
}

interface Receipt {
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly status: string;
}

/** @throws RpcError when the chain cannot be asked; nothing is lost, the next round goes on */
export async function round(parts: RoundParts): Promise<void> {
  const { rpc, store, sender, tell } = parts;
  const head = Number(await rpc.call<string>('eth_blockNumber'));
  const count = Number(await rpc.call<string>('eth_getTransactionCount', [sender, 'latest']));
  // A reorganisation, or a node that came back with less: what is gone is sent again, in the order of nonces.
  for (const key of store.reopenFrom(count)) tell({ type: 'forgotten', key });
  let isFirstWaiting = true;
  for (const record of store.open) {
    if (record.nonce < count) {
      await judge(parts, record, head);
    } else {
      const isDue = isFirstWaiting && parts.isSlow(record);
      isFirstWaiting = false;
      if (isDue) await parts.sign(record, 'underpriced');
      if (!(await send(parts, record))) return;
    }
  }
}

/** The nonce of `record` is used: by one of its attempts, or by a stranger. */
async function judge(parts: RoundParts, record: TxRecord, head: number): Promise<void> {
  const { store, confirmations, tell } = parts;
  const mined = await minedAt(parts, record);
  if (mined === undefined) {
    if (record.state === 'mined') {
      store.setPending(record.key);
      tell({ type: 'forgotten', key: record.key });
    }
    if (await isTakenForGood(parts, record, head)) await send(parts, record, 'nonce-taken');
    return;
  }
  const isFinal = head - mined.blockNumber + 1 >= confirmations;
  if (record.state === 'mined' && !isFinal && record.mined?.blockHash === mined.blockHash) return;
  store.setMined(record.key, isFinal ? 'confirmed' : 'mined', mined);
  if (record.state === 'pending') tell({ type: 'mined', key: record.key });
  if (isFinal) tell({ type: 'confirmed', key: record.key });
}

async function minedAt({ rpc, store }: RoundParts, record: TxRecord): Promise<MinedAt | undefined> {
  for (const { hash, nonce } of store.attempts(record.key).toReversed()) {
    if (nonce !== record.nonce) continue;
    const receipt = await rpc.call<Receipt | null>('eth_getTransactionReceipt', [hash]);
    if (receipt === null) continue;
    const { blockHash, blockNumber, status } = receipt;
    return { hash, blockHash, blockNumber: Number(blockNumber), reverted: status === '0x0' };
  }
  return undefined;
}

/** Only what no reorganisation brings back may be signed again under another nonce: else both would be mined. */
async function isTakenForGood(
  { rpc, sender, confirmations }: RoundParts,
  record: TxRecord,
  head: number,
): Promise<boolean> {
  const final = head - confirmations + 1;
  if (final < 0) return false;
  const count = await rpc.call<string>('eth_getTransactionCount', [sender, `0x${final.toString(16)}`]);
  return Number(count) > record.nonce;
}

/** Sends the newest attempt. False when those behind it should wait for the next round. */
async function send(parts: RoundParts, record: TxRecord, why?: 'nonce-taken'): Promise<boolean> {
  const { store, tell } = parts;
  let attempt = why === undefined ? store.attempts(record.key).at(-1) : await parts.sign(record, why);
  for (let tries = 0; attempt !== undefined; tries++) {
    const { meaning, said } = await broadcast(parts.rpc, attempt.raw);
    if (meaning === 'taken' || meaning === 'used') return true;
    tell({ type: 'problem', key: record.key, problem: meaning, said });
    if (meaning !== 'underpriced' || tries === 3) return false;
    attempt = await parts.sign(record, 'underpriced');
  }
  return false;
}

/** Hands signed bytes to the node. Doing it twice is harmless: the nonce sees to that. */
export async function broadcast(rpc: Rpc, raw: string): Promise<{ meaning: Broadcast; said: string }> {
  try {
    await rpc.call('eth_sendRawTransaction', [raw]);
    return { meaning: 'taken', said: '' };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { meaning: meaningOf(error), said: error.said };
  }
}
