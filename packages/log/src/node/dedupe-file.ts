/**
 * What the dedupe index files for a stretch of the log, as a file: derived, so that a start need not take every entry
 * apart again. One is written when segments are let go; together they cover a prefix of the log.
 *
 * JSON head length u32 | head | digests, indices, tags of records | digests, indices of keys | SHA-256 of all before
 */
import { concat, equal, fromUtf8, sha256, utf8 } from '@assay/core';
import type { Filed, FiledDigests } from './dedupe-index.ts';
import type { LogFiles } from './log-files.ts';

/** Where the files are, below the log's directory. */
export const DEDUPE_DIRECTORY = 'index';
const FORMAT = 'assay dedupe 1';
const HASH_BYTES = 32;
const DIGEST_WORDS = 4;

/** One file's content. */
export interface DedupeStretch {
  readonly origin: string;
  /** Entries [start, end). */
  readonly start: number;
  readonly end: number;
  /** Root of the tree of `end` entries, in hexadecimal: what ties the file to one log. */
  readonly root: string;
  readonly filed: Filed;
}

interface Head extends Omit<DedupeStretch, 'filed'>, Omit<Filed, 'records' | 'keys'> {
  readonly format: string;
  readonly records: number;
  readonly keys: number;
}

const pathOf = (start: number, end: number): string =>
  `${DEDUPE_DIRECTORY}/${String(start).padStart(16, '0')}-${String(end).padStart(16, '0')}`;

/** Writes a stretch. A crash here leaves it whole, torn or absent: a start that finds it torn takes the entries apart. */
export async function writeStretch(files: LogFiles, stretch: DedupeStretch): Promise<void> {
  await files.replace(pathOf(stretch.start, stretch.end), encode(stretch));
}

/** The longest run of whole stretches of `origin` from entry 0 up to `size` at most. */
export async function readStretches(
  files: LogFiles,
  { origin, size }: { readonly origin: string; readonly size: number },
): Promise<DedupeStretch[]> {
  const run: DedupeStretch[] = [];
  for (const name of await files.list(DEDUPE_DIRECTORY)) {
    const bytes = await files.read(`${DEDUPE_DIRECTORY}/${name}`);
    const stretch = bytes === undefined ? undefined : decode(bytes);
    const due = run.at(-1)?.end ?? 0;
    if (stretch?.origin === origin && stretch.start === due && stretch.end <= size) run.push(stretch);
  }
  return run;
}

/** Removes every stretch but those of `run`. */
export async function keepOnly(files: LogFiles, run: readonly DedupeStretch[]): Promise<void> {
  const kept = new Set(run.map(({ start, end }) => pathOf(start, end)));
  const found = (await files.list(DEDUPE_DIRECTORY)).map((name) => `${DEDUPE_DIRECTORY}/${name}`);
  const strays = found.filter((path) => !kept.has(path));
  if (strays.length > 0) await files.remove(strays);
}

function encode({ filed, ...about }: DedupeStretch): Uint8Array {
  const { records, keys, ...lists } = filed;
  const head: Head = {
    format: FORMAT,
    ...about,
    ...lists,
    records: records.indices.length,
    keys: keys.indices.length,
  };
  const json = utf8(JSON.stringify(head));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  const parts = [records.digests, records.indices, records.tags, keys.digests, keys.indices, keys.tags];
  const body = concat(length, json, ...parts.map(bytesOf));
  return concat(body, sha256(body));
}

/** Undefined for whatever was not written whole by this version on a machine of this byte order. */
function decode(bytes: Uint8Array): DedupeStretch | undefined {
  const body = bytes.subarray(0, Math.max(0, bytes.length - HASH_BYTES));
  if (body.length < 4 || !equal(sha256(body), bytes.subarray(body.length))) return undefined;
  const headEnd = 4 + new DataView(body.buffer, body.byteOffset).getUint32(0);
  const head = JSON.parse(fromUtf8(body.subarray(4, headEnd))) as Head;
  if (head.format !== FORMAT) return undefined;
  const rest = body.subarray(headEnd);
  const { format: _format, records, keys, origin, start, end, root, ...lists } = head;
  const of = digestsIn(rest, 0, records);
  const filed = { ...lists, records: of.digests, keys: digestsIn(rest, of.end, keys).digests };
  return { origin, start, end, root, filed };
}

function digestsIn(bytes: Uint8Array, at: number, count: number): { digests: FiledDigests; end: number } {
  // A copy with a buffer of its own, where numbers stand as their types want them; a Buffer's `slice` is none.
  const take = (from: number, length: number): ArrayBuffer =>
    new Uint8Array(bytes.subarray(from, from + length)).buffer;
  const indicesAt = at + count * DIGEST_WORDS * 4;
  const tagsAt = indicesAt + count * 8;
  const end = tagsAt + count * 4;
  const digests = {
    digests: new Uint32Array(take(at, indicesAt - at)),
    indices: new Float64Array(take(indicesAt, tagsAt - indicesAt)),
    tags: new Uint32Array(take(tagsAt, end - tagsAt)),
  };
  return { digests, end };
}

const bytesOf = (array: Uint32Array | Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
