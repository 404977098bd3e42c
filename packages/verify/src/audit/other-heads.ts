/** Checkpoints of the same log from elsewhere: the witnesses', the log's own older ones, those in earlier audits. */
import { AssayError, equal } from '@assay/core';
import {
  type BundleAddress,
  type Checkpoint,
  decodeBundle,
  leafHash,
  newBundles,
  type Policy,
  TileError,
} from '@assay/log';
import type { Findings } from './finding.ts';
import { openOwn } from './head.ts';
import type { Leaves } from './leaves.ts';
import { type LogReader, readBundle } from './log-reader.ts';
import { shortHash } from './read-entries.ts';

const FORK_FIX = 'The log signed two trees. Keep both copies: together they are the proof.';

/** A checkpoint note and where the auditor has it from. */
export interface KnownCheckpoint {
  readonly from: string;
  readonly note: Uint8Array;
}

/** The audited log. */
export interface AuditedLog {
  readonly reader: LogReader;
  readonly head: Checkpoint;
  /** The leaves under its checkpoint; undefined if none lead to it, and then nothing can be compared. */
  readonly leaves: Leaves | undefined;
}

/**
 * Holds the audited tree against other checkpoints that its log signed. One of another tree means that the log signed
 * two trees. One that is larger than what is published must be an extension that the log serves: witnesses are asked
 * before a checkpoint is published, so a larger one is no fault by itself; entries that are not served are. Checkpoints
 * that the log did not sign prove nothing.
 */
export async function auditKnown(
  known: readonly KnownCheckpoint[],
  log: AuditedLog,
  { policy, findings }: { readonly policy: Policy; readonly findings: Findings },
): Promise<void> {
  const { head, leaves } = log;
  for (const { from, note } of known) {
    const other = ownCheckpoint(note, policy);
    if (other === undefined || other.origin !== head.origin) continue;
    if (other.size <= head.size) compare(other, from, head, { leaves, findings });
    else if (leaves !== undefined) await auditExtension({ ...log, leaves }, other, from, findings);
  }
}

/** Reads on from the published tree to a larger one. */
async function auditExtension(
  { reader, head, leaves }: AuditedLog & { readonly leaves: Leaves },
  other: Checkpoint,
  from: string,
  findings: Findings,
): Promise<void> {
  const range = leaves.wholeChunks(head.size);
  for (const at of newBundles(range.size, other.size)) {
    const entries = await entriesOf(reader, at);
    if (entries === undefined) {
      const what = `${from} holds a checkpoint of ${other.size} entries, signed by this log; this copy ends at ${head.size}`;
      findings.add(
        'truncated-log',
        what,
        'checkpoint',
        'Ask for the whole log; what was cut off is part of the record.',
      );
      return;
    }
    for (const entry of entries) range.append(leafHash(entry));
  }
  if (equal(range.root(), other.root)) return;
  const what = `${from} has root ${shortHash(other.root)} at size ${other.size}; the entries here lead to ${shortHash(range.root())}`;
  findings.add('forked-tree', what, 'checkpoint', FORK_FIX);
}

async function entriesOf(reader: LogReader, at: BundleAddress): Promise<readonly Uint8Array[] | undefined> {
  const bundle = await readBundle(reader, at);
  if (bundle === undefined) return undefined;
  try {
    return decodeBundle(bundle.bytes, bundle.width).slice(0, at.width);
  } catch (cause) {
    if (cause instanceof TileError) return undefined;
    throw cause;
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
  findings.add('forked-tree', what, 'checkpoint', FORK_FIX);
}

function ownCheckpoint(note: Uint8Array, policy: Policy): Checkpoint | undefined {
  try {
    return openOwn(note, policy).checkpoint;
  } catch (cause) {
    if (cause instanceof AssayError) return undefined;
    throw cause;
  }
}
