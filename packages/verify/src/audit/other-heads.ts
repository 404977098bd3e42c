/** Checkpoints of the same log from elsewhere: the witnesses', the log's own older ones, those in earlier audits. */
import { AssayError, equal } from '@assay/core';
import type { Checkpoint, Policy } from '@assay/log';
import type { Findings } from './finding.ts';
import { openOwn } from './head.ts';
import type { Leaves } from './leaves.ts';
import { shortHash } from './read-entries.ts';

/** A checkpoint note and where the auditor has it from. */
export interface KnownCheckpoint {
  readonly from: string;
  readonly note: Uint8Array;
}

/**
 * Holds the audited tree against other checkpoints that its log signed. One that is larger means that this copy was
 * cut; one of another tree means that the log signed two trees. Those that the log did not sign prove nothing.
 *
 * @param leaves the leaves under the audited checkpoint, or undefined if none lead to it
 */
export function auditKnown(
  known: readonly KnownCheckpoint[],
  head: Checkpoint,
  leaves: Leaves | undefined,
  { policy, findings }: { readonly policy: Policy; readonly findings: Findings },
): void {
  for (const { from, note } of known) {
    const other = ownCheckpoint(note, policy);
    if (other === undefined || other.origin !== head.origin) continue;
    if (other.size > head.size) {
      const what = `${from} holds a checkpoint of ${other.size} entries, signed by this log; this copy ends at ${head.size}`;
      findings.add(
        'truncated-log',
        what,
        'checkpoint',
        'Ask for the whole log; what was cut off is part of the record.',
      );
    } else {
      compare(other, from, head, { leaves, findings });
    }
  }
}

/** Notes a fork when `other`, signed by the log, is not the tree of the same size here. */
export function compare(
  other: Checkpoint,
  from: string,
  head: Checkpoint,
  { leaves, findings }: { readonly leaves: Leaves | undefined; readonly findings: Findings },
): void {
  const ours = other.size === head.size ? head.root : leaves?.rootAt(other.size);
  if (ours === undefined || equal(ours, other.root)) return;
  const what = `${from} has root ${shortHash(other.root)} at size ${other.size}; this tree has ${shortHash(ours)}`;
  findings.add(
    'forked-tree',
    what,
    'checkpoint',
    'The log signed two trees. Keep both copies: together they are the proof.',
  );
}

function ownCheckpoint(note: Uint8Array, policy: Policy): Checkpoint | undefined {
  try {
    return openOwn(note, policy).checkpoint;
  } catch (cause) {
    if (cause instanceof AssayError) return undefined;
    throw cause;
  }
}
