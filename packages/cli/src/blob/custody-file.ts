/** The certificates of a stored blob on this machine: what checks and repair start from. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equal, hex } from '@assay/core';
import {
  type BlobCertificate,
  type Committee,
  decodeBlobCertificate,
  decodeCbor,
  decodePackCertificate,
  decodeReceipt,
  encodeBlobCertificate,
  encodeCbor,
  encodePackCertificate,
  FormatError,
  type PackCertificate,
  packCertificateId,
} from '@assay/storage';
import { CliError } from '../cli-error.ts';
import { readFileBytes } from '../content/read-file.ts';

export interface CustodyFile {
  readonly certificate: BlobCertificate;
  /** The pack certificates that the blob certificate is over, in manifest order. */
  readonly sealed: readonly PackCertificate[];
  /** What stands now: the same, until a repair moved shards. */
  readonly current: readonly PackCertificate[];
}

const pathOf = (dir: string, blob: Uint8Array): string => join(dir, 'custody', `${hex(blob)}.cbor`);

/** Keeps a blob's certificates below `dir`; returns where. */
export function keepCustody(dir: string, { certificate, sealed, current }: CustodyFile): string {
  const path = pathOf(dir, certificate.blobId);
  mkdirSync(join(dir, 'custody'), { recursive: true });
  const [before, now] = [sealed, current].map((packs) => packs.map(encodePackCertificate));
  const bytes = encodeCbor([encodeBlobCertificate(certificate), before ?? [], now ?? []]);
  writeFileSync(`${path}.draft`, bytes, { flush: true });
  renameSync(`${path}.draft`, path);
  return path;
}

/** Whether a blob's certificates are on this machine. */
export const existsCustody = (dir: string, blob: Uint8Array): boolean => existsSync(pathOf(dir, blob));

/** @throws CliError `unreadable-file` when they are not here or not certificates */
export function readCustody(dir: string, blob: Uint8Array): CustodyFile {
  const path = pathOf(dir, blob);
  if (!existsSync(path)) {
    throw new CliError('unreadable-file', {
      what: 'the certificates of this blob are not here',
      where: path,
      fix: 'Copy the file from the machine that stored the blob.',
    });
  }
  try {
    const [certificate, sealed, current] = decodeCbor(readFileBytes(path)) as [Uint8Array, Bytes, Bytes];
    return checked({
      certificate: decodeBlobCertificate(certificate),
      sealed: sealed.map(decodePackCertificate),
      current: current.map(decodePackCertificate),
    });
  } catch (cause) {
    if (!(cause instanceof FormatError || cause instanceof TypeError)) throw cause;
    throw new CliError('unreadable-file', { what: 'not the certificates of a blob', where: path, cause });
  }
}

/** The committee in the epoch in which the blob was sealed: its certificate was signed for that one. */
export function sealedCommittee({ sealed }: CustodyFile, committee: Committee): Committee {
  const epochs = sealed.flatMap(({ receipts }) =>
    receipts.map(({ receipt }) => decodeReceipt(receipt).epoch),
  );
  return epochs.length === 0 ? committee : { ...committee, epoch: Math.max(...epochs) };
}

type Bytes = readonly Uint8Array[];

/** The blob certificate is over exactly these pack certificates. @throws FormatError `certificate` */
function checked(file: CustodyFile): CustodyFile {
  const { packCertificates } = file.certificate;
  const ids = file.sealed.map(packCertificateId);
  const none = new Uint8Array(0);
  if (ids.length === packCertificates.length && ids.every((id, i) => equal(id, packCertificates[i] ?? none)))
    return file;
  throw new FormatError('certificate', { what: 'the pack certificates are not those that the nodes signed' });
}
