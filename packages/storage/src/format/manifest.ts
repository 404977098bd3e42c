/** The manifest of a blob: which chunks make its files and tensors, and in which packs they lie; a value in memory. */
import { FormatError } from '../errors.ts';
import type { PackHeader } from './pack.ts';
import type { Tensor } from './tensors.ts';

/** Where a chunk lies. */
export interface ChunkPlace {
  /** SHA-256 of the chunk (the digest of a CIDv1 raw block). */
  readonly id: Uint8Array;
  /** Index into the manifest's packs. */
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
}

export interface ManifestFile {
  /** Relative, with `/`, without `.` or `..`. */
  readonly path: string;
  readonly size: number;
  /** Its chunks are `chunks[firstChunk … firstChunk + chunkCount − 1]`, in order. */
  readonly firstChunk: number;
  readonly chunkCount: number;
}

/** A tensor of one of the files: what a partial load of a layer asks for. */
export interface ManifestTensor extends Tensor {
  /** Index into the manifest's files. */
  readonly file: number;
}

export interface Manifest {
  readonly packs: readonly PackHeader[];
  readonly chunks: readonly ChunkPlace[];
  readonly files: readonly ManifestFile[];
  readonly tensors: readonly ManifestTensor[];
  /** Blob id of the version it was deduplicated against. */
  readonly parent: Uint8Array | null;
}

/** Bytes of the blob's files together. */
export function totalBytes(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.size, 0);
}

/** Distinct stored bytes: what an upload has to make safe, and what its bar counts. */
export function payloadBytes(manifest: Manifest): number {
  return manifest.packs.reduce((sum, pack) => sum + pack.packLen, 0);
}

/**
 * Checks that files are made of whole chunks, chunks lie in their packs and tensors in their files.
 * @throws FormatError `manifest`
 */
export function checkManifest(manifest: Manifest): Manifest {
  manifest.chunks.forEach(({ pack, offset, length }, at) => {
    const packLen = manifest.packs[pack]?.packLen ?? -1;
    if (offset + length > packLen) throw bad(`chunk ${at} leaves pack ${pack} of ${packLen} bytes`);
  });
  const paths = new Set<string>();
  for (const file of manifest.files) {
    checkPath(file.path, paths);
    const chunks = manifest.chunks.slice(file.firstChunk, file.firstChunk + file.chunkCount);
    const sum = chunks.reduce((total, chunk) => total + chunk.length, 0);
    if (chunks.length !== file.chunkCount || sum !== file.size) {
      throw bad(
        `file "${file.path}" of ${file.size} bytes is made of ${sum} bytes in ${chunks.length} chunks`,
      );
    }
  }
  for (const { name, file, start, end } of manifest.tensors) {
    const size = manifest.files[file]?.size ?? -1;
    if (start > end || end > size)
      throw bad(`tensor "${name.slice(0, 80)}" leaves file ${file} of ${size} bytes`);
  }
  return manifest;
}

function checkPath(path: string, seen: Set<string>): void {
  const parts = path.split('/');
  // A reader writes files by these names: nothing may climb out of its directory or hide a second file.
  const unsafe = parts.some((part) => part === '' || part === '.' || part === '..') || /[\0\\]/.test(path);
  if (unsafe || path.length > 1_024 || seen.has(path))
    throw bad(`"${path.slice(0, 80)}" is not a usable file name`);
  seen.add(path);
}

/** A run of bytes in one pack. */
export interface PackRange {
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
  /** The chunk it belongs to, and where in it the run starts. */
  readonly chunk: ChunkPlace;
  readonly within: number;
}

/**
 * The runs that make up bytes [start, end) of a file, in order.
 * @throws FormatError `range` when the file does not have these bytes
 */
export function locate(
  manifest: Manifest,
  file: ManifestFile,
  range: { start: number; end: number },
): PackRange[] {
  const { start, end } = range;
  if (!(0 <= start && start <= end && end <= file.size)) {
    throw new FormatError('range', { what: `"${file.path}" has ${file.size} bytes, not ${start}…${end}` });
  }
  const runs: PackRange[] = [];
  let at = 0;
  for (let i = file.firstChunk; i < file.firstChunk + file.chunkCount && at < end; i++) {
    const chunk = manifest.chunks[i] as ChunkPlace;
    const within = Math.max(0, start - at);
    const length = Math.min(chunk.length, end - at) - within;
    if (length > 0) runs.push({ pack: chunk.pack, offset: chunk.offset + within, length, chunk, within });
    at += chunk.length;
  }
  return runs;
}

function bad(what: string): FormatError {
  return new FormatError('manifest', { what });
}
