/** Gets a witnessed checkpoint onto the chain, under the payment keys of the witnesses that cosigned it. */
import { checkpointDigest, type Domain, recoverSigner } from '@assay/core/money';
import type { TxOutbox } from '../chain/outbox/index.ts';
import { sendOnce } from './batch-settler.ts';
import { anchorCall } from './calls.ts';
import { SettleError } from './settle-error.ts';

/** A checkpoint as it is anchored. */
export interface AnchorCheckpoint {
  /** Origin line. */
  readonly origin: string;
  readonly size: number;
  /** Hex, without `0x`. */
  readonly root: string;
}

/** What anchoring needs. */
export interface AnchorParts {
  readonly outbox: TxOutbox;
  readonly anchor: string;
  readonly domain: Domain;
  /** Addresses of the anchor's witnesses. */
  readonly witnesses: ReadonlySet<string>;
  readonly quorum: number;
}

/**
 * Posts the checkpoint with as many of `signatures` as are a witness's own.
 *
 * @param originHash  SHA-256 of the origin line, as contracts name it
 * @throws SettleError `no-quorum`; TxError; RpcError
 */
export async function anchorCheckpoint(
  { outbox, anchor, domain, witnesses, quorum }: AnchorParts,
  checkpoint: AnchorCheckpoint & { readonly originHash: string },
  signatures: readonly string[],
): Promise<void> {
  const { origin, size, root, originHash } = checkpoint;
  const digest = checkpointDigest(domain, { origin, size: String(size), root });
  const bySigner = new Map<string, string>();
  for (const signature of signatures) {
    const signer = recoverSigner(digest, signature);
    if (signer !== undefined && witnesses.has(signer)) bySigner.set(signer, signature);
  }
  if (bySigner.size < quorum) {
    throw new SettleError('no-quorum', {
      what: `${bySigner.size} of ${witnesses.size} witnesses signed the checkpoint of size ${size} for the anchor, and ${quorum} must`,
      fix: 'It is tried again with the next checkpoint; see that the witnesses are up and have the payment keys that the anchor was made with.',
    });
  }
  // The contract wants them ascending by signer, so that none counts twice.
  const ascending = [...bySigner].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, quorum);
  const call = anchorCall(
    anchor,
    { origin: originHash, size, root: `0x${root}` },
    ascending.map(([, signature]) => signature),
  );
  await sendOnce(outbox, { what: `anchor ${size}`, call, until: 'mined' });
}
