/**
 * Which records a log already holds (PROTOCOL 1.2).
 *
 * Exact, not best effort: consulted and filled in the same synchronous step that assigns an index. Declared keys live in
 * their signer's namespace, so nobody can use up another's key.
 */
import { sha256, utf8 } from '@assay/core';
import { DigestMap, type DigestRows } from './digest-map.ts';

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

/** What an entry asks of the log, beside its identity. */
export interface EntryMarks {
  readonly isQuiet?: boolean;
  readonly isNotable?: boolean;
}

/** Digests of records or keys, in the order in which they were filed. */
export type FiledDigests = DigestRows;

/** What was filed for one stretch of the log. */
export interface Filed {
  /** Signers first seen; their numbers go on from the stretch before. */
  readonly signers: readonly string[];
  readonly records: FiledDigests;
  readonly keys: FiledDigests;
  /** Records that a further signer signed: `id signer`, and the index. */
  readonly cosigned: readonly (readonly [pair: string, index: number])[];
  /** Indices of quiet and of notable entries. */
  readonly quiet: readonly number[];
  readonly notable: readonly number[];
}

/** All identities of a log, in memory; on start from files, and from the entries that no file covers. */
export class DedupeIndex {
  readonly #records = new DigestMap();
  readonly #keys = new DigestMap();
  readonly #signers = new Map<string, number>();
  // The same record id signed by a second key: rare, so it may cost more.
  readonly #cosigned = new Map<string, number>();
  readonly #quiet: number[] = [];
  readonly #notable: number[] = [];
  /** Entries before this one are in a file. */
  #kept = 0;
  #from = { records: 0, keys: 0, signers: 0, cosigned: 0, quiet: 0, notable: 0 };

  /**
   * Looks the entry up and, when it is new, files it under `index`.
   * The same (id, signer) is a repeat. The same key with another record is a conflict: both are kept.
   */
  claim(entry: EntryIdentity & EntryMarks, index: number): Known {
    const repeat = this.#file(entry, index);
    if (repeat !== undefined) return { kind: 'repeat', index: repeat };
    if (entry.isQuiet === true) this.#quiet.push(index);
    if (entry.isNotable === true) this.#notable.push(index);
    const conflicts: KeyConflict[] = [];
    for (const key of entry.keys) {
      const digest = keyDigest(entry.signer, key);
      const item = this.#keys.find(digest);
      if (item === undefined) this.#keys.add(digest, index, 0);
      else conflicts.push({ key, first: this.#keys.indexOf(item) });
    }
    return { kind: 'new', conflicts };
  }

  /** Size of the log up to which `take` has given away, or `restore` brought back, what was filed. */
  get kept(): number {
    return this.#kept;
  }

  /** Notable entries so far. */
  get notable(): ReadonlySet<number> {
    return new Set(this.#notable);
  }

  /** What was filed for the entries from `kept` up to `end`, which then count as kept. */
  take(end: number): Filed {
    const from = this.#from;
    const cosigned = [...this.#cosigned].slice(from.cosigned).filter(([, index]) => index < end);
    const before = (list: readonly number[], start: number): number[] =>
      list.slice(start).filter((index) => index < end);
    const filed = {
      signers: [...this.#signers.keys()].slice(from.signers),
      records: this.#records.slice(from.records, end),
      keys: this.#keys.slice(from.keys, end),
      cosigned,
      quiet: before(this.#quiet, from.quiet),
      notable: before(this.#notable, from.notable),
    };
    this.#keep(filed, end);
    return filed;
  }

  /** Files again what `take` gave for the entries from `kept` up to `end`. */
  restore(filed: Filed, end: number): void {
    for (const signer of filed.signers) this.#signerNumber(signer);
    this.#records.append(filed.records);
    this.#keys.append(filed.keys);
    for (const [pair, index] of filed.cosigned) this.#cosigned.set(pair, index);
    this.#quiet.push(...filed.quiet);
    this.#notable.push(...filed.notable);
    this.#keep(filed, end);
  }

  /** Size of the log after its last entry before `size` that is not quiet. */
  askingSize(size: number): number {
    const quiet = new Set(this.#quiet);
    let asking = size;
    while (asking > 0 && quiet.has(asking - 1)) asking--;
    return asking;
  }

  #keep(filed: Filed, end: number): void {
    const { records, keys, signers, cosigned, quiet, notable } = this.#from;
    this.#kept = end;
    this.#from = {
      records: records + filed.records.indices.length,
      keys: keys + filed.keys.indices.length,
      signers: signers + filed.signers.length,
      cosigned: cosigned + filed.cosigned.length,
      quiet: quiet + filed.quiet.length,
      notable: notable + filed.notable.length,
    };
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
