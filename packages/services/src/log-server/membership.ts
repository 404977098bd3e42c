/** Who may write to a log now: the keys that joined, less those that left, were rotated away or compromised. */
import type { SignedStatement } from '@assay/core';

/** Follows the log's own statements; what was in force at an entry's index decides (PROTOCOL 2.1). */
export class Membership {
  readonly #active = new Set<string>();
  readonly #gone = new Set<string>();

  /** Whether `statement` is of a kind that `apply` acts on. */
  static isChangedBy({ kind }: SignedStatement): boolean {
    return (
      kind === 'participant.join' ||
      kind === 'participant.leave' ||
      kind === 'key.rotate' ||
      kind === 'key.compromised'
    );
  }

  isActive(keyId: string): boolean {
    return this.#active.has(keyId);
  }

  /** Takes a durable statement into account; one whose signer has no say changes nothing. */
  apply(statement: SignedStatement): void {
    const { signer } = statement;
    if (statement.kind === 'participant.join') {
      if (!this.#gone.has(signer)) this.#active.add(signer);
      return;
    }
    if (!this.#active.has(signer)) return;
    if (statement.kind === 'participant.leave') this.#remove(signer);
    if (statement.kind === 'key.rotate') {
      this.#remove(signer);
      if (!this.#gone.has(statement.predicate.to)) this.#active.add(statement.predicate.to);
    }
    // A stranger's accusation is the registry's to judge; here only a key's own word closes it.
    if (statement.kind === 'key.compromised' && statement.predicate.key === signer) this.#remove(signer);
  }

  #remove(keyId: string): void {
    this.#active.delete(keyId);
    this.#gone.add(keyId);
  }
}
