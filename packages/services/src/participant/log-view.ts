/** What a serving process knows of the log at any moment, verified and folded. */
import type { Predicate } from '@assay/core';
import type { Registry } from '@assay/views';

/** A checkpoint by what identifies it. */
export type CheckpointRef = Predicate<'output.receipt'>['notBefore'];

/** The view that a follower of the log keeps up to date. Reading it never waits. */
export interface LogView {
  readonly registry: Registry;
  /** The newest cosigned checkpoint that is itself logged; undefined until there is one. */
  readonly notBefore: CheckpointRef | undefined;
  /** Size of the newest checkpoint that enough witnesses cosigned. */
  readonly witnessedSize: number;
  /** When that was last known to be the newest, in milliseconds of this machine's clock. */
  readonly lastWitnessedAt: number;
  /** Reads on now instead of at the next turn. */
  catchUp(): Promise<void>;
  /** Has `listener` called whenever the view grew; returns how to end that. */
  onAdvance(listener: () => void): () => void;
}
