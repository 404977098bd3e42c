/** A log's own signing keys, and the two ways it signs a checkpoint. */
import type { Signer } from '@assay/core';
import type { Checkpoint } from '../checkpoint-text.ts';
import { signCheckpoint } from '../checkpoint.ts';
import { ed25519NoteSigner, mldsa44Cosigner, noteVerifier } from '../note-keys.ts';
import type { NoteSigner, NoteVerifier } from '../note-verify.ts';
import { formatVkey } from '../vkey.ts';

/**
 * Signs for one origin.
 *
 * Each group commit gets an Ed25519 signature (some 40 µs). ML-DSA-44 takes some 700 µs, so it is added only to
 * checkpoints that go out to witnesses and readers (PROTOCOL 4.4): one per publish interval, not one per group.
 */
export class LogKeys {
  readonly origin: string;
  readonly #ed25519: NoteSigner;
  readonly #mldsa44: NoteSigner | undefined;
  /** What judges a note as this log's own. */
  readonly verifiers: readonly NoteVerifier[];

  constructor(origin: string, ed25519: Signer, mldsa44?: Signer) {
    this.origin = origin;
    this.#ed25519 = ed25519NoteSigner(origin, ed25519);
    this.#mldsa44 = mldsa44 === undefined ? undefined : mldsa44Cosigner(origin, mldsa44);
    this.verifiers = [this.#ed25519, this.#mldsa44]
      .filter((signer) => signer !== undefined)
      .map((signer) => noteVerifier(signer.key));
  }

  /** The Ed25519 verifier key, as a policy names it. */
  get vkey(): string {
    return formatVkey(this.#ed25519.key);
  }

  /** The ML-DSA-44 verifier key, if there is one. */
  get mldsa44Vkey(): string | undefined {
    return this.#mldsa44 === undefined ? undefined : formatVkey(this.#mldsa44.key);
  }

  /** A checkpoint signed with Ed25519 alone. */
  signNow(checkpoint: Checkpoint): Uint8Array {
    // Type 0x01 carries no time.
    return signCheckpoint(checkpoint, [this.#ed25519], 0);
  }

  /** A checkpoint signed with every key. @param time Unix seconds, carried by the ML-DSA-44 signature */
  signFully(checkpoint: Checkpoint, time: number): Uint8Array {
    const signers = this.#mldsa44 === undefined ? [this.#ed25519] : [this.#ed25519, this.#mldsa44];
    return signCheckpoint(checkpoint, signers, time);
  }
}
