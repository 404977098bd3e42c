/** Counts packs of the parent version only after their nodes have read them and signed again. */
import { hex } from '@assay/core';
import { checkPlace } from '../certificate.ts';
import { rendezvous } from '../committee.ts';
import { NodeError, ReceiptError } from '../errors.ts';
import { type PackHeader, packId } from '../format/pack.ts';
import type { UploadPlan } from '../format/plan.ts';
import { type VerifiedReceipt, verifyShardReceipt } from '../receipt.ts';
import { type Lane, Stalled } from './lane.ts';
import type { TaskContext } from './pack-task.ts';

/** Asks for a fresh receipt of every shard of every reused pack. Nodes that do not have one simply add nothing. */
export async function reuseParentPacks(
  plan: UploadPlan,
  context: TaskContext,
  signal: AbortSignal,
): Promise<void> {
  const first = plan.packs.length;
  await Promise.all(
    plan.reused.map(({ header }, i) => renewPack(header, { pack: first + i, context, signal })),
  );
}

/** A pack to be signed for again. */
export interface PackRenewal {
  readonly pack: number;
  readonly context: TaskContext;
  readonly signal: AbortSignal;
}

/** Asks the nodes that are assigned a pack's shards to sign again, and those `also` known to hold one. */
export async function renewPack(
  header: PackHeader,
  renewal: PackRenewal,
  also: readonly VerifiedReceipt[] = [],
): Promise<void> {
  const { context } = renewal;
  const id = packId(header);
  const order = rendezvous(context.committee, id).map((node) => context.lanes.get(hex(node)));
  const asked = order
    .slice(0, header.n)
    .map((lane, index) => lane && renewShard(lane, { ...renewal, header, id, index }));
  const spares = also.flatMap(({ nodeId, shard: { index } }) => {
    const lane = context.lanes.get(hex(nodeId));
    return lane === undefined || lane === order[index]
      ? []
      : renewShard(lane, { ...renewal, header, id, index });
  });
  await Promise.all([...asked, ...spares]);
}

async function renewShard(
  lane: Lane,
  {
    pack,
    context,
    signal,
    header,
    id,
    index,
  }: PackRenewal & { header: PackHeader; id: Uint8Array; index: number },
): Promise<void> {
  const { committee, session, onReceipt } = context;
  try {
    const answer = await lane.call(
      (node, call) => node.renewShard(id, { index, session, epoch: committee.epoch }, call),
      signal,
      'put',
    );
    const receipt = verifyShardReceipt(answer, committee);
    checkPlace(receipt, { header, id, committee });
    onReceipt(pack, receipt);
  } catch (error) {
    if (error instanceof ReceiptError) lane.distrust();
    else if (!(error instanceof Stalled || error instanceof NodeError)) throw error;
  }
}
