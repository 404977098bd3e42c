/** A manifest as pages of deterministic CBOR: content-addressed, bounded, and read one at a time. */
import { hex, sha256 } from '@assay/core';
import { type Cbor, decodeCbor, encodeCbor } from '../cbor.ts';
import { FormatError } from '../errors.ts';
import { Shape } from '../shape.ts';
import {
  checkManifest,
  type ChunkPlace,
  type Manifest,
  type ManifestFile,
  type ManifestTensor,
} from './manifest.ts';
import { decodePackHeader, encodePackHeader, type PackHeader } from './pack.ts';

const VERSION = 'ain.manifest.v1';
const PER_PAGE = { packs: 512, chunks: 4_096, files: 1_024, tensors: 2_048 } as const;
const MAX_PAGE_BYTES = 4 * 1_048_576;
/** Pages a root may name: a million chunks need 256. */
const MAX_PAGES = 16_384;

/** A manifest's pages; `root` is the last of them, and its digest is the blob id. */
export interface PagedManifest {
  readonly blobId: Uint8Array;
  /** By hexadecimal page id (SHA-256 of the page). */
  readonly pages: ReadonlyMap<string, Uint8Array>;
}

/** Pages of a manifest. Equal manifests give equal pages. @throws FormatError `manifest` */
export function encodeManifest(manifest: Manifest): PagedManifest {
  checkManifest(manifest);
  const pages = new Map<string, Uint8Array>();
  const put = (value: Cbor): Uint8Array => {
    const page = encodeCbor(value);
    if (page.length > MAX_PAGE_BYTES) throw bad(`a page of ${page.length} bytes`);
    const id = sha256(page);
    pages.set(hex(id), page);
    return id;
  };
  const paged = (items: readonly Cbor[], size: number): Cbor => {
    const ids: Cbor[] = [];
    for (let at = 0; at < items.length; at += size) ids.push(put(items.slice(at, at + size)));
    return ids;
  };
  const blobId = put([
    VERSION,
    paged(manifest.packs.map(encodePackHeader), PER_PAGE.packs),
    paged(
      manifest.chunks.map((c) => [c.id, c.pack, c.offset, c.length]),
      PER_PAGE.chunks,
    ),
    paged(
      manifest.files.map((f) => [f.path, f.size, f.firstChunk, f.chunkCount]),
      PER_PAGE.files,
    ),
    paged(
      manifest.tensors.map((t) => [t.name, t.dtype, t.shape, t.file, t.start, t.end]),
      PER_PAGE.tensors,
    ),
    manifest.parent,
  ]);
  return { blobId, pages };
}

/** Gives the bytes of a page by id; what it gives is checked, so it need not be trusted. */
export type PageReader = (id: Uint8Array) => Promise<Uint8Array>;

/**
 * Reads a whole manifest.
 * @throws FormatError `manifest` or `cbor` when a page is not what its id or its place says
 */
export async function readManifest(blobId: Uint8Array, read: PageReader): Promise<Manifest> {
  const root = root6(await readPage(blobId, read));
  const all = async <T>(ids: Cbor | undefined, decode: (item: Cbor) => T): Promise<T[]> => {
    const out: T[] = [];
    const list = shape.array(ids);
    if (list.length > MAX_PAGES) throw bad(`${list.length} pages of one kind`);
    for (const id of list) {
      for (const item of shape.array(await readPage(shape.bytes(id, 32), read))) out.push(decode(item));
    }
    return out;
  };
  return checkManifest({
    packs: await all(root[1], packOf),
    chunks: await all(root[2], chunkOf),
    files: await all(root[3], fileOf),
    tensors: await all(root[4], tensorOf),
    parent: root[5] === null ? null : shape.bytes(root[5], 32),
  });
}

/** Ids of every page below a root page: what a node must hold before it signs for the blob. */
export function pageIdsOf(rootPage: Uint8Array): Uint8Array[] {
  const root = root6(decodeCbor(rootPage));
  return [1, 2, 3, 4].flatMap((at) => shape.array(root[at]).map((id) => shape.bytes(id, 32)));
}

/** Ids of a root page's pack pages, in order. */
export function packPageIdsOf(rootPage: Uint8Array): Uint8Array[] {
  return shape.array(root6(decodeCbor(rootPage))[1]).map((id) => shape.bytes(id, 32));
}

/** Pack headers of a pack page. */
export function packsOf(page: Uint8Array): PackHeader[] {
  return shape.array(decodeCbor(page)).map(packOf);
}

const shape = new Shape('manifest', 'a manifest page');

function root6(value: Cbor): readonly Cbor[] {
  const root = shape.array(value, 6);
  if (root[0] !== VERSION) throw bad('the root page is of another version');
  return root;
}

async function readPage(id: Uint8Array, read: PageReader): Promise<Cbor> {
  const page = await read(id);
  if (page.length > MAX_PAGE_BYTES || hex(sha256(page)) !== hex(id))
    throw bad(`page ${hex(id)} has other bytes`);
  return decodeCbor(page);
}

const packOf = (item: Cbor): PackHeader => decodePackHeader(shape.bytes(item));

function chunkOf(item: Cbor): ChunkPlace {
  const [id, pack, offset, length] = shape.array(item, 4);
  return {
    id: shape.bytes(id, 32),
    pack: shape.uint(pack),
    offset: shape.uint(offset),
    length: shape.uint(length),
  };
}

function fileOf(item: Cbor): ManifestFile {
  const [path, size, first, count] = shape.array(item, 4);
  return {
    path: shape.text(path),
    size: shape.uint(size),
    firstChunk: shape.uint(first),
    chunkCount: shape.uint(count),
  };
}

function tensorOf(item: Cbor): ManifestTensor {
  const [name, dtype, dims, file, start, end] = shape.array(item, 6);
  return {
    name: shape.text(name),
    dtype: shape.text(dtype),
    shape: shape.array(dims).map((d) => shape.uint(d)),
    file: shape.uint(file),
    start: shape.uint(start),
    end: shape.uint(end),
  };
}

function bad(what: string): FormatError {
  return new FormatError('manifest', { what });
}
