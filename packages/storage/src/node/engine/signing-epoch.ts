/** In which epoch a node signs: that of whoever asks, as long as it is the network's or the one before. */
import type { Committee } from '../../committee.ts';
import { NodeError } from '../../errors.ts';

/**
 * The committee to sign a receipt under. Whoever began before the epoch moved goes on in the one it knows: nodes move one by
 * one, and an upload over that moment would find all its nodes to have signed for another. A node that has not moved yet
 * signs in its own, earlier epoch, which is as good.
 * @throws NodeError `bad-request` when what was asked for is long over
 */
export function signingCommittee(committee: Committee, asked: number | undefined): Committee {
  if (asked === undefined || asked >= committee.epoch) return committee;
  if (asked === committee.epoch - 1) return { ...committee, epoch: asked };
  throw new NodeError('bad-request', {
    what: `it is epoch ${committee.epoch} here, and a signature for epoch ${asked} was asked for`,
    fix: "Read the network's description again; the clock may be wrong.",
  });
}

/**
 * The same for a blob, whose signers all have to name one epoch.
 * @throws NodeError `bad-request` likewise; `stopped` when this node has not come so far
 */
export function sealingCommittee(committee: Committee, asked: number | undefined): Committee {
  if (asked === undefined || asked <= committee.epoch) return signingCommittee(committee, asked);
  throw new NodeError('stopped', {
    what: `it is still epoch ${committee.epoch} here, and a signature for epoch ${asked} was asked for`,
  });
}
