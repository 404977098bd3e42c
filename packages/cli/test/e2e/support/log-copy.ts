/** Copies of a local network's log, to be altered, and new trees over its entries signed with the network's own keys. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  concat,
  ed25519Signer,
  mldsa44Signer,
  type Signer,
  systemClock,
  unixSeconds,
  utf8,
} from '@assay/core';
import {
  bundlePath,
  CompactRange,
  cosign,
  decodeBundle,
  ed25519Cosigner,
  ed25519NoteSigner,
  encodeBundle,
  leafHash,
  mldsa44Cosigner,
  newBundles,
  parseCheckpoint,
  parseNote,
  signCheckpoint,
  tilePath,
  tilesOf,
} from '@assay/log';
import { openWitnessSeed } from '@assay/log/node';

/** Public files by path. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** The public files of the log in a network's folder. */
export function publicFiles(dir: string): Map<string, Uint8Array> {
  const root = join(dir, 'state', 'log', 'public');
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((name) => name.isFile());
  return new Map(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(root, path), new Uint8Array(readFileSync(path))];
    }),
  );
}

/** Size of the tree that a checkpoint note is of. */
export const sizeOf = (note: Uint8Array): number => parseCheckpoint(parseNote(note).text).size;

/** The entries under the files' checkpoint. */
export function entriesOf(files: Files): Uint8Array[] {
  const bundles = [...newBundles(0, sizeOf(fileOf(files, 'checkpoint')))];
  return bundles.flatMap((at) => decodeBundle(fileOf(files, bundlePath(at)), at.width));
}

/** One file. */
export function fileOf(files: Files, path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes === undefined) throw new Error(`there is no ${path}`);
  return bytes;
}

/** The files of a tree over `entries`, signed by the log's keys and cosigned by the first `witnesses` of its witnesses. */
export function signedFiles(
  dir: string,
  entries: readonly Uint8Array[],
  witnesses: number,
): Map<string, Uint8Array> {
  const nodes = new Map<string, Uint8Array>();
  const range = new CompactRange();
  for (const entry of entries)
    range.append(leafHash(entry), (level, at, hash) => nodes.set(`${level}/${at}`, hash));
  const files = new Map([
    ['checkpoint', checkpointOf(dir, { size: entries.length, root: range.root() }, witnesses)],
  ]);
  for (const tile of tilesOf(entries.length)) {
    const hashes = Array.from({ length: tile.width }, (_, i) =>
      nodes.get(`${tile.level * 8}/${tile.index * 256 + i}`),
    );
    files.set(tilePath(tile), concat(...hashes.filter((hash) => hash !== undefined)));
  }
  for (const at of newBundles(0, entries.length)) {
    files.set(bundlePath(at), encodeBundle(entries.slice(at.index * 256, at.index * 256 + at.width)));
  }
  return files;
}

interface Tree {
  readonly size: number;
  readonly root: Uint8Array;
}

function checkpointOf(dir: string, tree: Tree, witnesses: number): Uint8Array {
  const network = JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8')) as {
    origin: string;
    witnesses: { name: string }[];
  };
  const { origin } = network;
  const now = unixSeconds(systemClock);
  const seed = seedOf(dir, 'log');
  const signers = [
    ed25519NoteSigner(origin, ed25519Signer(seed)),
    mldsa44Cosigner(origin, mldsa44Signer(seed)),
  ];
  const note = signCheckpoint({ origin, ...tree }, signers, now);
  const lines = network.witnesses
    .slice(0, witnesses)
    .map(({ name }, i) =>
      utf8(cosign(parseNote(note), ed25519Cosigner(name, signerOf(dir, `witness-${i + 1}`)), now)),
    );
  return concat(note, ...lines);
}

const signerOf = (dir: string, name: string): Signer => ed25519Signer(seedOf(dir, name));

function seedOf(dir: string, name: string): Uint8Array {
  return openWitnessSeed(join(dir, 'keys', `${name}.seed`), {
    bytes: () => {
      throw new Error(`the network has no seed of ${name}`);
    },
  });
}
