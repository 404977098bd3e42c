/** Stores files on a network and logs the certificate: what `blob put` and `publish` have in common. */
import { rmSync } from 'node:fs';
import { certificatePredicate, type StorageConnection, type StoredBlob, storeFiles } from '@assay/services';
import type { SourceFile, UploadEvent, UploadOptions } from '@assay/storage';
import { openFileJournal } from '@assay/storage/node';
import type { WaitFlags } from '../flags.ts';
import type { Logged, Session } from '../session.ts';
import { keepCustody } from './custody-file.ts';

export interface StoreOptions extends WaitFlags {
  readonly session: Session;
  readonly network: StorageConnection;
  /** Path of the journal by which a killed upload goes on; it is gone once the blob is sealed. */
  readonly journal: string;
  readonly parent?: NonNullable<UploadOptions['parent']>;
  readonly onEvent: (event: UploadEvent) => void;
}

/** A blob that a quorum has signed for. */
export interface Stored extends StoredBlob {
  /** File with its certificates. */
  readonly custody: string;
  /** Its certificate in the log; undefined when there is no log here. */
  readonly logged: Logged | undefined;
}

/** @throws TransferError, NodeError; LogClientError when the log does not take the certificate */
export async function store(files: readonly SourceFile[], options: StoreOptions): Promise<Stored> {
  const { session, network, parent, onEvent } = options;
  await using journal = await openFileJournal(options.journal);
  const storing = { connection: network, journal, onEvent, ...(parent === undefined ? {} : { parent }) };
  const result = await storeFiles(files, storing);
  const { certificate, packCertificates } = result;
  const sealed = { certificate, sealed: packCertificates, current: packCertificates };
  const custody = keepCustody(session.dir, sealed);
  const logged = await logCertificate(result, options);
  rmSync(options.journal);
  return { ...result, custody, logged };
}

async function logCertificate(
  stored: StoredBlob,
  { session, network, wait }: StoreOptions,
): Promise<Logged | undefined> {
  if (!session.hasLog) return undefined;
  const predicate = certificatePredicate(stored, network.committee);
  return session.publish('blob.certificate', predicate, { as: session.signatory('owner'), wait });
}
