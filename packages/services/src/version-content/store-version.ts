/** Stores a version: its manifest and all that it names, as one blob that a quorum of storage nodes certifies. */
import { hex, type Manifest, manifestBytes } from '@assay/core';
import {
  type ByteSource,
  certificatePages,
  type Journal,
  memorySource,
  type SourceFile,
  storePages,
  upload,
  type UploadEvent,
  type UploadOptions,
  type UploadResult,
} from '@assay/storage';
import { codecPool } from '@assay/storage/node';
import { kernelBytes, SHARD_BYTES, type StorageConnection, WINDOW } from '../storage-client/index.ts';
import { ContentError } from './content-error.ts';
import { contentFile, MANIFEST_FILE, namedContent } from './layout.ts';

export interface Storing {
  readonly connection: StorageConnection;
  /** What a killed upload goes on from; without one it begins anew. */
  readonly journal?: Journal;
  /** The blob to deduplicate against. */
  readonly parent?: NonNullable<UploadOptions['parent']>;
  readonly onEvent?: (event: UploadEvent) => void;
}

const NO_JOURNAL: Journal = { entries: [], append: () => undefined, sync: () => Promise.resolve() };

/** The files of a version's blob. @throws ContentError `mismatch` when content that the manifest names is not given */
export function versionFiles(manifest: Manifest, contents: ReadonlyMap<string, ByteSource>): SourceFile[] {
  const named = namedContent(manifest).map((content) => {
    const source = contents.get(content.digest);
    if (source === undefined)
      throw new ContentError('mismatch', {
        what: `the manifest names ${content.digest}, which was not given`,
      });
    return { path: contentFile(content), source };
  });
  return [{ path: MANIFEST_FILE, source: memorySource(manifestBytes(manifest)) }, ...named];
}

/** A blob that a quorum has signed for, and the pages with its pack certificates, from which anybody can look after it. */
export interface StoredBlob extends UploadResult {
  readonly pages: readonly Uint8Array[];
}

/**
 * Stores files on the network, at its own shard size and window, and their pack certificates beside them.
 * @throws TransferError, NodeError: as `upload`
 */
export async function storeFiles(
  files: readonly SourceFile[],
  { connection, journal = NO_JOURNAL, ...rest }: Storing,
): Promise<StoredBlob> {
  const { onEvent: _, ...shared } = connection.options;
  const options = { ...shared, journal, shardBytes: SHARD_BYTES, window: WINDOW, ...rest };
  const result = await uploadWith(options, files, connection);
  const session = hex(shared.randomBytes(16));
  const pages = await storePages(certificatePages(result.packCertificates), { ...shared, session });
  return { ...result, pages };
}

async function uploadWith(
  options: UploadOptions,
  files: readonly SourceFile[],
  { committee }: StorageConnection,
): Promise<UploadResult> {
  if (files.reduce((sum, { source }) => sum + source.size, 0) < WORTH_THREADS) return upload(files, options);
  await using kernel = codecPool({ threads: 2, bytes: kernelBytes(committee) });
  return await upload(files, { ...options, kernel });
}

/** Bytes from which hashing and encoding in threads saves more than their start costs. */
const WORTH_THREADS = 32 << 20;
