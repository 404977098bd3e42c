/** What the log says of stored blobs: certificates, repairs, and receipts that were proven false. */
import { hex, type LogRecord, type Predicate } from '@assay/core';
import type { Committee } from '@assay/storage';

type Certificate = LogRecord & { readonly kind: 'blob.certificate' };
type Repair = LogRecord & { readonly kind: 'repair' };
export type ChallengeResult = LogRecord & { readonly kind: 'challenge.result' };

/** One blob in the log, each list in log order. */
export interface BlobRecords {
  readonly certificates: Certificate[];
  readonly repairs: Repair[];
  readonly results: ChallengeResult[];
}

/** A fold over the log's records. */
export class StorageRecords {
  readonly #blobs = new Map<string, BlobRecords>();
  /** Blobs that a published version names. */
  readonly #wanted = new Set<string>();
  readonly #network: string;

  constructor({ networkId }: Committee) {
    this.#network = hex(networkId);
  }

  /** Blobs that were certified on this network, by id in hexadecimal. */
  get blobs(): ReadonlyMap<string, BlobRecords> {
    return new Map([...this.#blobs].filter(([, { certificates }]) => certificates.length > 0));
  }

  of(blob: string): BlobRecords {
    const known = this.#blobs.get(blob) ?? { certificates: [], repairs: [], results: [] };
    this.#blobs.set(blob, known);
    return known;
  }

  /**
   * The logged result that says the same of a blob's shard, if it does so since the shard was last signed for: after a repair or a
   * renewal the node has signed anew, and may have lied anew.
   */
  sameResult(said: Predicate<'challenge.result'>): ChallengeResult | undefined {
    const { results, repairs, certificates } = this.of(said.blob);
    return results.find(({ index, predicate }) => {
      const same =
        predicate.node === said.node && predicate.pack === said.pack && predicate.index === said.index;
      return same && [...repairs, ...certificates].every((later) => later.index < index);
    });
  }

  /**
   * Whether the blob's leases are to be renewed: a version names it. A withdrawn one as well: what it made stays in the log,
   * and may have to be made again to be judged.
   */
  isWanted(blob: string): boolean {
    return this.#wanted.has(blob);
  }

  /** Folds in a record that counts: whoever calls judges authority. */
  note(record: LogRecord): void {
    if (record.kind === 'version.publish') this.#wanted.add(record.predicate.blob.id);
    else if (record.kind === 'blob.certificate' && record.predicate.committee.network === this.#network)
      this.of(record.predicate.blob).certificates.push(record as Certificate);
    else if (record.kind === 'repair') this.of(record.predicate.blob).repairs.push(record as Repair);
    else if (record.kind === 'challenge.result')
      this.of(record.predicate.blob).results.push(record as ChallengeResult);
  }
}
