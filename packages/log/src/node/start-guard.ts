/** PROTOCOL 4.2: before a log signs anything after a start, its witnesses say what they have seen of it. */
import { equal, hex } from '@assay/core';
import { type OpenedCheckpoint, openCheckpoint } from '../checkpoint.ts';
import { CheckpointError, NoteError } from '../errors.ts';
import type { NoteVerifier } from '../note-verify.ts';
import { LogError } from './log-error.ts';

/** The tree a log is about to sign for. */
export interface GuardedTree {
  readonly origin: string;
  readonly size: number;
  /** Root of the first `size` entries. */
  rootAt(size: number): Promise<Uint8Array>;
  /** The log's own keys. */
  readonly verifiers: readonly NoteVerifier[];
}

/** Refuses, by throwing, that a tree be signed. */
export type SignGuard = (tree: GuardedTree) => Promise<void>;

/** Somebody who may have seen a later tree than the one on disk. */
export interface WitnessView {
  readonly name: string;
  /** The last checkpoint it cosigned for `origin`; undefined if it never did. Rejects when it cannot say. */
  lastCheckpoint(origin: string): Promise<Uint8Array | undefined>;
}

/**
 * A guard that asks every witness. Only checkpoints that bear our own valid signature count; a larger tree, or another
 * tree of a size we hold, stops the log.
 *
 * @param quorum how many of `witnesses` make a checkpoint witnessed; all but quorum − 1 of them must answer, so that no
 *   witnessed checkpoint can hide among the silent ones
 * @throws LogError `witness-ahead` | `witness-fork` | `witness-silent`, from the guard
 */
export function startGuard(witnesses: readonly WitnessView[], quorum: number): SignGuard {
  const needed = witnesses.length - quorum + 1;
  return async (tree) => {
    const answers = await Promise.allSettled(witnesses.map((witness) => ask(witness, tree)));
    const silent = answers.flatMap((answer, i) => {
      if (answer.status === 'fulfilled') return [];
      if (answer.reason instanceof LogError) throw answer.reason;
      return [`${witnesses[i]?.name}: ${describe(answer.reason)}`];
    });
    if (witnesses.length - silent.length >= needed) return;
    throw new LogError('witness-silent', {
      what: `${witnesses.length - silent.length} of ${witnesses.length} witnesses answered, ${needed} must (${silent.join('; ')})`,
      fix: 'Start or reach the other witnesses; a log that may be an old copy must not sign.',
    });
  };
}

async function ask(witness: WitnessView, tree: GuardedTree): Promise<void> {
  const note = await witness.lastCheckpoint(tree.origin);
  if (note === undefined) return;
  const seen = openOwn(note, tree)?.checkpoint;
  // Not signed by us: the witness proves nothing about our tree, and has not answered the question either.
  if (seen === undefined) throw new Error('its checkpoint does not bear this log’s signature');
  if (seen.size > tree.size) {
    throw new LogError('witness-ahead', {
      what: `${witness.name} has cosigned a tree of ${seen.size} entries; this copy of ${tree.origin} has ${tree.size}`,
      fix: 'This is an old copy. Restore the newest one; never sign from here.',
    });
  }
  const ours = await tree.rootAt(seen.size);
  if (!equal(ours, seen.root)) {
    throw new LogError('witness-fork', {
      what: `${witness.name} has cosigned root ${hex(seen.root)} at size ${seen.size}; this copy has ${hex(ours)}`,
      fix: 'Two different trees carry this log’s signature. Keep both copies and find out why before signing again.',
    });
  }
}

function openOwn(note: Uint8Array, tree: GuardedTree): OpenedCheckpoint | undefined {
  try {
    const opened = openCheckpoint(note, tree.verifiers);
    return opened.checkpoint.origin === tree.origin ? opened : undefined;
  } catch (cause) {
    if (cause instanceof NoteError || cause instanceof CheckpointError) return undefined;
    throw cause;
  }
}

const describe = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
