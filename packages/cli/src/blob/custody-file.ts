/** The certificates of a stored blob on this machine: what checks and repair start from. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hex } from '@assay/core';
import {
  type BlobCertificate,
  decodeBlobCertificate,
  decodeCbor,
  decodePackCertificate,
  encodeBlobCertificate,
  encodeCbor,
  encodePackCertificate,
  FormatError,
  type PackCertificate,
} from '@assay/storage';
import { CliError } from '../cli-error.ts';
import { readFileBytes } from '../content/blob-folder.ts';

export interface CustodyFile {
  readonly certificate: BlobCertificate;
  /** In manifest order. */
  readonly packs: readonly PackCertificate[];
}

const pathOf = (dir: string, blob: Uint8Array): string => join(dir, 'custody', `${hex(blob)}.cbor`);

/** Keeps a blob's certificates below `dir`; returns where. */
export function keepCustody(dir: string, { certificate, packs }: CustodyFile): string {
  const path = pathOf(dir, certificate.blobId);
  mkdirSync(join(dir, 'custody'), { recursive: true });
  const bytes = encodeCbor([encodeBlobCertificate(certificate), packs.map(encodePackCertificate)]);
  writeFileSync(`${path}.draft`, bytes, { flush: true });
  renameSync(`${path}.draft`, path);
  return path;
}

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
    const [certificate, packs] = decodeCbor(readFileBytes(path)) as [Uint8Array, Uint8Array[]];
    return { certificate: decodeBlobCertificate(certificate), packs: packs.map(decodePackCertificate) };
  } catch (cause) {
    if (!(cause instanceof FormatError || cause instanceof TypeError)) throw cause;
    throw new CliError('unreadable-file', { what: 'not the certificates of a blob', where: path, cause });
  }
}
