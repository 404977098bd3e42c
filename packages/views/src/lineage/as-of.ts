/** One prefix of the ledger: every answer is asked of such a prefix and is the same for ever. */
import type { Ledger } from './ledger.ts';

export class AsOf {
  readonly ledger: Ledger;
  /** Only records at positions up to here are seen. */
  readonly known: number;

  constructor(ledger: Ledger, known: number) {
    this.ledger = ledger;
    this.known = known;
  }
}

/**
 * Remembers `compute`'s answers for as long as their prefix is held. Sound because the ledger only grows and a
 * prefix does not.
 */
export function perPrefix<K, V>(compute: (prefix: AsOf, key: K) => V): (prefix: AsOf, key: K) => V {
  const held = new WeakMap<AsOf, Map<K, V>>();
  return (prefix, key) => {
    const answers = held.get(prefix) ?? new Map<K, V>();
    held.set(prefix, answers);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = compute(prefix, key);
    answers.set(key, answer);
    return answer;
  };
}
