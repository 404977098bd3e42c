/** Collecting cosignatures from many witnesses until a policy's quorum is met (c2sp.org/tlog-policy). */
import { utf8, concat } from '@assay/core';
import {
  formatSignatureLine,
  meetsQuorum,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
  type Policy,
} from '../index.ts';
import { submitCheckpoint, type Submission, type WitnessTarget, witnessTargets } from './witness-client.ts';
import { WitnessError } from './witness-error.ts';

/** What each witness is believed to hold, by its URL: kept between checkpoints so that most submissions take one round. */
export type SizeHints = Map<string, number>;

export interface CollectOptions {
  readonly checkpoint: Uint8Array;
  readonly proofFrom: Submission['proofFrom'];
  /** Read, and brought up to date. */
  readonly hints: SizeHints;
  /** For each witness. */
  readonly timeoutMs: number;
  /** Time to wait for further cosignatures once the quorum is met. 0 unless given. */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
}

/** A witness that did not cosign, and why. */
export interface WitnessFailure {
  readonly witness: string;
  readonly error: WitnessError;
}

export interface Collected {
  /** Whether the policy's quorum is met. When not, the note may still not be published as witnessed. */
  readonly met: boolean;
  /** The checkpoint with every cosignature got, verified. */
  readonly note: Uint8Array;
  /** Names of the witnesses that cosigned. */
  readonly cosigned: readonly string[];
  readonly failures: readonly WitnessFailure[];
  /** Witnesses that were not waited for, the quorum being met. */
  readonly notAwaited: readonly string[];
}

/**
 * Asks every witness of the policy at once and stops at the quorum (and `graceMs`). Never throws for a witness: whoever
 * fails is named with its reason, and too few is `met: false`.
 */
export async function collectCosignatures(policy: Policy, options: CollectOptions): Promise<Collected> {
  const round = new Round(policy, options);
  await round.run();
  return round.result();
}

class Round {
  readonly #policy: Policy;
  readonly #options: CollectOptions;
  readonly #size: number;
  readonly #targets: readonly WitnessTarget[];
  readonly #got = new Map<WitnessTarget, readonly NoteSignature[]>();
  readonly #failures: WitnessFailure[] = [];
  readonly #stop = new AbortController();

  constructor(policy: Policy, options: CollectOptions) {
    this.#policy = policy;
    this.#options = options;
    this.#size = parseCheckpoint(parseNote(options.checkpoint).text).size;
    this.#targets = witnessTargets(policy.witnesses);
    for (const { name, url } of policy.witnesses) {
      if (url !== undefined) continue;
      const error = new WitnessError('unreachable', {
        what: `${name} has no URL in the policy`,
        fix: 'Add it after its vkey.',
      });
      this.#failures.push({ witness: name, error });
    }
  }

  async run(): Promise<void> {
    const all = Promise.all(this.#targets.map((target) => this.#ask(target)));
    await Promise.race([all, this.#enough()]);
    // Whoever is still being asked is let go; the hint is corrected by its 409 next time.
    this.#stop.abort(new Error('the quorum is met'));
    await all;
  }

  result(): Collected {
    const failed = new Set(this.#failures.map(({ witness }) => witness));
    const signatures = [...this.#got.values()].flat();
    return {
      met: this.#isMet(),
      note: concat(
        this.#options.checkpoint,
        ...signatures.map((signature) => utf8(formatSignatureLine(signature))),
      ),
      cosigned: Array.from(this.#got.keys(), ({ name }) => name),
      failures: this.#failures,
      notAwaited: this.#targets
        .filter((target) => !this.#got.has(target) && !failed.has(target.name))
        .map(({ name }) => name),
    };
  }

  async #ask(target: WitnessTarget): Promise<void> {
    const { checkpoint, proofFrom, hints, timeoutMs, signal } = this.#options;
    const signals = [
      AbortSignal.timeout(timeoutMs),
      this.#stop.signal,
      ...(signal === undefined ? [] : [signal]),
    ];
    try {
      const submission = { checkpoint, proofFrom, sizeHint: hints.get(target.url) ?? 0 };
      this.#got.set(target, await submitCheckpoint(target, submission, AbortSignal.any(signals)));
      hints.set(target.url, this.#size);
      if (this.#isMet()) this.#met();
    } catch (cause) {
      if (!(cause instanceof WitnessError)) throw cause;
      if (!this.#stop.signal.aborted) this.#failures.push({ witness: target.name, error: cause });
    }
  }

  #met: () => void = () => undefined;

  /** Settles once the quorum is met and the grace is over. */
  async #enough(): Promise<void> {
    if (!this.#isMet()) await new Promise<void>((resolve) => (this.#met = resolve));
    const { graceMs = 0 } = this.#options;
    if (graceMs > 0) await new Promise((resolve) => setTimeout(resolve, graceMs));
  }

  #isMet(): boolean {
    const keys = Array.from(this.#got.keys(), ({ verifier }) => `${verifier.key.name}+${verifier.key.keyId}`);
    return meetsQuorum(this.#policy, keys);
  }
}
