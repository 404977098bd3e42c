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
import { type Falsehood, greetingNonce } from '../falsehood.ts';
import { encodePackHeader, type PackHeader, packId } from '../format/pack.ts';
import type { ProgressEvent } from '../progress.ts';
import type { VerifiedReceipt } from '../receipt.ts';
import { type Evidence, revoke } from '../regression.ts';
import type { EncodedPack } from './encode.ts';
import { Hold } from './hold.ts';
import { type Lane, Stalled } from './lane.ts';
import { PackTask, type TaskContext } from './pack-task.ts';
import { type ReadContext, ShardReader } from './shard-reader.ts';

/** A node's receipt, proven false, and how many more of its receipts fell with it. */
export interface Accusation extends Falsehood {
  readonly node: Uint8Array;
  readonly shards: number;
}

/** What an audit found; `silent` nodes were asked and did not answer, which strikes nothing. */
export interface AuditReport {
  readonly events: readonly ProgressEvent[];
  /** One for each node that signed what proves a receipt of its own false. */
  readonly accusations: readonly Accusation[];
  readonly silent: readonly Uint8Array[];
}

/** Asks every node for `count` leaves of what it signed for. `randomness` must be drawn after the receipts. */
export async function auditNodes(
  context: TaskContext,
  { randomness, count, signal }: { randomness: Uint8Array; count: number; signal: AbortSignal },
): Promise<AuditReport> {
  const events: ProgressEvent[] = [];
  const silent: Uint8Array[] = [];
  const accusations: Accusation[] = [];
  const one = async (lane: Lane): Promise<void> => {
    const found = await auditNode(lane, context, { randomness, count, signal });
    if (found === undefined) silent.push(lane.node.id);
    else events.push(...found.events);
    accusations.push(...(found?.accusation ?? []));
  };
  await Promise.all([...context.lanes.values()].map(one));
  return { events, accusations, silent };
}

interface Draw {
  readonly randomness: Uint8Array;
  readonly count: number;
  readonly signal: AbortSignal;
}

/** What one node was found to have lost; at most one accusation. */
interface Found {
  readonly events: readonly ProgressEvent[];
  readonly accusation: readonly Accusation[];
}

async function auditNode(
  lane: Lane,
  { progress, committee }: TaskContext,
  draw: Draw,
): Promise<Found | undefined> {
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
  if (challenge.leaves.length === 0) return { events: [], accusation: [] };
  const evidence = await ask(lane, challenge, draw.signal);
  if (evidence === undefined) return undefined;
  const failed = new Set(
    failedShards(challenge, evidence.answer).map(({ packId: id, index }) => `${hex(id)}/${index}`),
  );
  const struck = held.filter(({ receipt: { shard } }) => failed.has(`${hex(shard.packId)}/${shard.index}`));
  const events = struck.flatMap(({ pack, receipt }) => progress.revoke(pack, revoke(receipt, evidence)));
  const [first] = struck;
  if (first === undefined) return { events, accusation: [] };
  const falsehood = await narrowest(lane, { receipt: first.receipt, evidence, signal: draw.signal });
  return { events, accusation: [{ ...falsehood, node: lane.node.id, shards: struck.length }] };
}

/** The same falsehood in few bytes: the node is asked once more, for one leaf alone that it failed to show. */
async function narrowest(
  lane: Lane,
  { receipt, evidence, signal }: { receipt: VerifiedReceipt; evidence: FailedChallenge; signal: AbortSignal },
): Promise<Falsehood> {
  const { shard } = receipt;
  const asked = evidence.challenge.leaves.filter(({ shard: { packId: id, index } }) => {
    return hex(id) === hex(shard.packId) && index === shard.index;
  });
  for (const leaf of asked) {
    const again = await ask(lane, { ...evidence.challenge, leaves: [leaf] }, signal);
    // A node that shows it now has answered falsely all the same: the first answer stands.
    if (again !== undefined && failedShards(again.challenge, again.answer).length > 0)
      return withHistory(lane, { receipt, evidence: again, signal });
  }
  return withHistory(lane, { receipt, evidence, signal });
}

/** The node's own history after its answer; a node that then falls silent cannot be convicted before others. */
async function withHistory(
  lane: Lane,
  { receipt, evidence, signal }: { receipt: VerifiedReceipt; evidence: FailedChallenge; signal: AbortSignal },
): Promise<Falsehood> {
  const revocation = revoke(receipt, evidence);
  try {
    const nonce = greetingNonce(evidence.answer);
    return { revocation, hello: await lane.call((node, call) => node.hello(nonce, call), signal) };
  } catch (error) {
    if (error instanceof Stalled || error instanceof NodeError) return { revocation };
    throw error;
  }
}

type FailedChallenge = Extract<Evidence, { cause: 'failed-challenge' }>;

async function ask(
  lane: Lane,
  challenge: Challenge,
  signal: AbortSignal,
): Promise<FailedChallenge | undefined> {
  try {
    // It reads whole shards for it: how fast the node greets says nothing about how long that takes.
    const answer = await lane.call((node, call) => node.challenge(challenge, call), signal, 'get');
    const usable = answer.body.length <= answerLimit(challenge) && isAnswerOf(challenge, answer);
    return usable ? { cause: 'failed-challenge', challenge, answer } : undefined;
  } catch (error) {
    if (error instanceof Stalled || error instanceof NodeError) return undefined;
    throw error;
  }
}

/** A pack that has lost shards, and how many more it may lose before its bytes are gone. */
export interface NeedyPack {
  readonly pack: number;
  /** Live shards above the k that rebuild it; below 0 the bytes are out of reach. */
  readonly margin: number;
}

/** Packs with fewer than `below` live shards, those nearest to loss first. */
export function needyPacks(
  count: number,
  { progress, committee }: Pick<TaskContext, 'progress' | 'committee'>,
  below: number,
): NeedyPack[] {
  const live = Array.from({ length: count }, (_, pack) => progress.receipts(pack).length);
  const needy = live.flatMap((shards, pack) =>
    shards < below ? [{ pack, margin: shards - committee.profile.k }] : [],
  );
  return needy.sort((a, b) => a.margin - b.margin);
}

/**
 * Rebuilds what live receipts do not cover of one pack, and sends it to the assigned nodes, or to spares. Returns whether
 * the pack is whole again.
 * @throws TransferError `not-enough-shards`; InconsistentEncoding
 */
export async function repairPack(
  pack: number,
  header: PackHeader,
  { task, read }: { task: TaskContext; read: ReadContext },
): Promise<boolean> {
  const { n } = task.committee.profile;
  const live = (): number => task.progress.receipts(pack).length;
  const encoded = await rebuildPack(header, { task, read, pack });
  const work = new PackTask(task, pack, encoded);
  while (!read.signal.aborted && !work.idle && live() < n) await task.clock.sleep(25, read.signal);
  work.close();
  await work.done;
  return live() === n;
}

/** Repairs every pack that has lost a shard, those nearest to loss first. Returns how many are whole again. */
export async function repairPacks(
  headers: readonly PackHeader[],
  { task, read }: { task: TaskContext; read: ReadContext },
): Promise<number> {
  let whole = 0;
  for (const { pack } of needyPacks(headers.length, task, task.committee.profile.n))
    if (await repairPack(pack, headers[pack] as PackHeader, { task, read })) whole++;
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
    hold: new Hold(() => undefined),
  };
}
