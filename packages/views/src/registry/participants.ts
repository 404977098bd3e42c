/** Who has joined, with which roles, and which key speaks for whom now. */
import type { Predicate } from '@assay/core';

/** A joined key. */
export interface Participant {
  readonly keyId: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** The key that answers for it; its own unless it named another. */
  readonly operator: string;
  readonly endpoints: readonly string[];
  readonly paymentKey: string;
  readonly joinedAt: number;
  leftAt?: number;
  /** The key that replaced it, and where. */
  rotatedTo?: string;
  rotatedAt?: number;
  /** Index from which its signatures count no more. */
  compromisedAt?: number;
}

/** The participants of one log. */
export class Participants {
  readonly #byKey = new Map<string, Participant>();
  /** The first key of each that rotated. */
  readonly #origins = new Map<string, string>();

  get all(): Iterable<Participant> {
    return this.#byKey.values();
  }

  get(keyId: string): Participant | undefined {
    return this.#byKey.get(keyId);
  }

  join(keyId: string, predicate: Predicate<'participant.join'>, index: number): void {
    const { name, roles, endpoints, paymentKey } = predicate;
    const operator = predicate.operator ?? keyId;
    this.#byKey.set(keyId, { keyId, name, roles, operator, endpoints, paymentKey, joinedAt: index });
  }

  leave(keyId: string, index: number): void {
    const participant = this.#byKey.get(keyId);
    if (participant !== undefined) participant.leftAt = index;
  }

  compromise(keyId: string, index: number): void {
    const participant = this.#byKey.get(keyId);
    if (participant !== undefined) participant.compromisedAt = index;
  }

  /** The new key takes over everything the old one stood for. */
  rotate(from: string, to: string, index: number): void {
    const old = this.#byKey.get(from);
    if (old === undefined) return;
    this.#origins.set(to, this.origin(from));
    old.rotatedTo = to;
    old.rotatedAt = index;
    const { name, roles, operator, endpoints, paymentKey } = old;
    const ownOperator = operator === from ? to : operator;
    this.#byKey.set(to, {
      keyId: to,
      name,
      roles,
      operator: ownOperator,
      endpoints,
      paymentKey,
      joinedAt: index,
    });
  }

  /** Whether the key may sign now: joined, and neither left, rotated away nor compromised. */
  isActive(keyId: string): boolean {
    const p = this.#byKey.get(keyId);
    return (
      p !== undefined && p.leftAt === undefined && p.rotatedAt === undefined && p.compromisedAt === undefined
    );
  }

  /** Whether `keyId` is `original` or the key it was rotated to, however often. */
  speaksFor(keyId: string, original: string): boolean {
    let key: string | undefined = original;
    for (let hops = 0; key !== undefined && hops <= this.#byKey.size; hops++) {
      if (key === keyId) return true;
      key = this.#byKey.get(key)?.rotatedTo;
    }
    return false;
  }

  /** The key that whoever speaks by `keyId` now joined with. */
  origin(keyId: string): string {
    return this.#origins.get(keyId) ?? keyId;
  }

  withRole(role: string): Participant[] {
    return [...this.#byKey.values()].filter((p) => p.roles.includes(role) && this.isActive(p.keyId));
  }
}
