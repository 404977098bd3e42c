/**
 * Which records a log already holds (PROTOCOL 1.2).
 *
 * Exact, not best effort: consulted and filled in the same synchronous step that assigns an index. Declared keys live in
 * their signer's namespace, so nobody can use up another's key.
 */
import { sha256, utf8 } from '@assay/core';
import { DigestMap } from './digest-map.ts';

/** What the log must know about an entry to keep it once. */
export interface EntryIdentity {
  /** Record id: 64 lower-case hex digits. */
  readonly id: string;
  /** Key id of the signer. */
  readonly signer: string;
  /** Declared keys of the statement's type, such as `receipt|<node>|<stream>|<sequence>`. */
  readonly keys: readonly string[];
}

/** A declared key that this entry shares with an earlier record of the same signer. */
export interface KeyConflict {
  readonly key: string;
  /** Log index of the first record that declared it. */
  readonly first: number;
}

/** What the index says of an entry. */
export type Known =
  | { readonly kind: 'new'; readonly conflicts: readonly KeyConflict[] }
  | { readonly kind: 'repeat'; readonly index: number };

/** All identities of a log, in memory; rebuilt from the entries on start. */
export class DedupeIndex {
  readonly #records = new DigestMap();
  readonly #keys = new DigestMap();
  readonly #signers = new Map<string, number>();
  // The same record id signed by a second key: rare, so it may cost more.
  readonly #cosigned = new Map<string, number>();

  /**
   * Looks the entry up and, when it is new, files it under `index`.
   * The same (id, signer) is a repeat. The same key with another record is a conflict: both are kept.
   */
  claim(entry: EntryIdentity, index: number): Known {
    const repeat = this.#file(entry, index);
    if (repeat !== undefined) return { kind: 'repeat', index: repeat };
    const conflicts: KeyConflict[] = [];
    for (const key of entry.keys) {
      const digest = keyDigest(entry.signer, key);
      const item = this.#keys.find(digest);
      if (item === undefined) this.#keys.add(digest, index, 0);
      else conflicts.push({ key, first: this.#keys.indexOf(item) });
    }
    return { kind: 'new', conflicts };
  }

  /** The first log index of a record id, by any signer. */
  indexOf(id: string): number | undefined {
    const item = this.#records.find(id);
    return item === undefined ? undefined : this.#records.indexOf(item);
  }

  /** The index of the first record by which `signer` declared `key`. */
  indexOfKey(signer: string, key: string): number | undefined {
    const item = this.#keys.find(keyDigest(signer, key));
    return item === undefined ? undefined : this.#keys.indexOf(item);
  }

  /** Files (id, signer), or gives the index where it already stands. */
  #file({ id, signer }: EntryIdentity, index: number): number | undefined {
    const tag = this.#signerNumber(signer);
    const item = this.#records.find(id);
    if (item === undefined) {
      this.#records.add(id, index, tag);
      return undefined;
    }
    if (this.#records.tagOf(item) === tag) return this.#records.indexOf(item);
    const pair = `${id} ${signer}`;
    const known = this.#cosigned.get(pair);
    if (known === undefined) this.#cosigned.set(pair, index);
    return known;
  }

  #signerNumber(signer: string): number {
    const known = this.#signers.get(signer);
    if (known !== undefined) return known;
    this.#signers.set(signer, this.#signers.size);
    return this.#signers.size - 1;
  }
}

const keyDigest = (signer: string, key: string): Uint8Array => sha256(utf8(`${signer}\n${key}`));
