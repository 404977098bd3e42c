/** Challenges the nodes of a stored blob, strikes what they cannot show, and repairs it from what others hold. */
import { hex } from '@assay/core';
import {
  answerLimit,
  type Challenge,
  challengeSeed,
  drawChallenge,
  failedShards,
  isAnswerOf,
} from '../challenge.ts';
import { NodeError, TransferError } from '../errors.ts';
import { encodePackHeader, type PackHeader, packId } from '../format/pack.ts';
import type { ProgressEvent } from '../progress.ts';
import { type Evidence, revoke } from '../regression.ts';
import type { EncodedPack } from './encode.ts';
import { type Lane, Stalled } from './lane.ts';
import { PackTask, type TaskContext } from './pack-task.ts';
import { type ReadContext, ShardReader } from './shard-reader.ts';

/** What an audit found; `silent` nodes were asked and did not answer, which strikes nothing. */
export interface AuditReport {
  readonly events: readonly ProgressEvent[];
  readonly silent: readonly Uint8Array[];
}

/** Asks every node for `count` leaves of what it signed for. `randomness` must be drawn after the receipts. */
export async function auditNodes(
  context: TaskContext,
  { randomness, count, signal }: { randomness: Uint8Array; count: number; signal: AbortSignal },
): Promise<AuditReport> {
  const events: ProgressEvent[] = [];
  const silent: Uint8Array[] = [];
  const one = async (lane: Lane): Promise<void> => {
    const found = await auditNode(lane, context, { randomness, count, signal });
    if (found === undefined) silent.push(lane.node.id);
    else events.push(...found);
  };
  await Promise.all([...context.lanes.values()].map(one));
  return { events, silent };
}

interface Draw {
  readonly randomness: Uint8Array;
  readonly count: number;
  readonly signal: AbortSignal;
}

async function auditNode(
  lane: Lane,
  { progress, committee }: TaskContext,
  draw: Draw,
): Promise<ProgressEvent[] | undefined> {
  const held = progress.receiptsOf(lane.node.id);
  const target = {
    networkId: committee.networkId,
    nodeId: lane.node.id,
    seed: challengeSeed(draw.randomness, lane.node.id),
  };
  const challenge = drawChallenge(
    target,
    held.map(({ receipt }) => receipt.shard),
    draw.count,
  );
  if (challenge.leaves.length === 0) return [];
  const evidence = await ask(lane, challenge, draw.signal);
  if (evidence === undefined) return undefined;
  const failed = new Set(
    failedShards(challenge, evidence.answer).map(({ packId: id, index }) => `${hex(id)}/${index}`),
  );
  return held.flatMap(({ pack, receipt }) => {
    if (!failed.has(`${hex(receipt.shard.packId)}/${receipt.shard.index}`)) return [];
    return progress.revoke(pack, revoke(receipt, evidence));
  });
}

type FailedChallenge = Extract<Evidence, { cause: 'failed-challenge' }>;

async function ask(
  lane: Lane,
  challenge: Challenge,
  signal: AbortSignal,
): Promise<FailedChallenge | undefined> {
  try {
    const answer = await lane.call((node, call) => node.challenge(challenge, call), signal);
    const usable = answer.body.length <= answerLimit(challenge) && isAnswerOf(challenge, answer);
    return usable ? { cause: 'failed-challenge', challenge, answer } : undefined;
  } catch (error) {
    if (error instanceof Stalled || error instanceof NodeError) return undefined;
    throw error;
  }
}

/**
 * Rebuilds what live receipts do not cover of the packs given and sends it to the assigned nodes, or to spares.
 * Packs nearest to loss come first. Returns how many packs are whole again.
 */
export async function repairPacks(
  headers: readonly PackHeader[],
  { task, read }: { task: TaskContext; read: ReadContext },
): Promise<number> {
  const { progress, clock } = task;
  const { n } = task.committee.profile;
  const live = (pack: number): number => progress.receipts(pack).length;
  const needy = headers.map((_, pack) => pack).filter((pack) => live(pack) < n);
  needy.sort((a, b) => live(a) - live(b));
  let whole = 0;
  for (const pack of needy) {
    const encoded = await rebuildPack(headers[pack] as PackHeader, { task, read, pack });
    const work = new PackTask(task, pack, encoded);
    while (!read.signal.aborted && !work.idle && live(pack) < n) await clock.sleep(25, read.signal);
    work.close();
    await work.done;
    if (live(pack) === n) whole++;
  }
  return whole;
}

/** Only the missing rows are computed; the others stay empty, because nobody will send them. */
async function rebuildPack(
  header: PackHeader,
  { task, read, pack }: { task: TaskContext; read: ReadContext; pack: number },
): Promise<EncodedPack> {
  const held = new Set(task.progress.receipts(pack).map(({ shard }) => shard.index));
  const missing = header.roots.map((_, index) => index).filter((index) => !held.has(index));
  if (missing.length === 0) throw new TransferError('refused', { what: 'there is nothing to repair' });
  const rebuilt = await new ShardReader(header, read).rebuild(missing);
  const empty = new Uint8Array(0);
  const shards = header.roots.map((_, index) => rebuilt[missing.indexOf(index)] ?? empty);
  return {
    header,
    headerBytes: encodePackHeader(header),
    id: packId(header),
    shards,
    release: () => undefined,
  };
}
