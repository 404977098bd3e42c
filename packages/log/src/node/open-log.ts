/** Opening a log: read the row, recover, ask the guard, and only then sign. */
import { equal, hex, unixSeconds, utf8 } from '@assay/core';
import { emptyRoot } from '../merkle.ts';
import type { RowState } from './checkpoint-row.ts';
import { type DedupeStretch, keepOnly, readStretches } from './dedupe-file.ts';
import { DedupeIndex } from './dedupe-index.ts';
import { LogError } from './log-error.ts';
import { LogKeys } from './log-keys.ts';
import type { LogOptions } from './log-options.ts';
import { LogTree } from './log-tree.ts';
import { Log } from './log.ts';
import { mustAdvance } from './must-advance.ts';
import { CHECKPOINT_PATH, PublicFiles } from './public-files.ts';
import { recover } from './recover.ts';
import { renewPartials } from './renew-partials.ts';
import { bundledSize } from './replay.ts';
import { RowHolder } from './row-holder.ts';

/**
 * Opens the log in a directory, or makes it.
 *
 * Reads every entry back: the tree is rebuilt from the bytes and must lead to the root that was signed. The public files
 * are made again where they need not have survived.
 *
 * @throws LogError `wrong-origin` | `wrong-key` for another log's directory; `missing` | `row-ahead` | `corrupt` when the
 *   files are not what the checkpoint row covers; `clock-backwards`; `lost-race`; and what the guard throws
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const keys = new LogKeys(options.origin, options.ed25519, options.mldsa44);
  const row = await readOrMakeRow(options, keys);
  mustBelong(row, keys);
  const now = mustAdvance(unixSeconds(options.clock), row.time);
  const recovered = await readBack(options, row);
  const { tree, publicFiles, dedupe, segments } = recovered;
  for (const [entry, index] of recovered.notable) options.onEntry?.(entry, index);
  await options.guard?.({
    origin: keys.origin,
    size: tree.size,
    rootAt: (size) => tree.rootAt(size),
    verifiers: keys.verifiers,
  });
  const holder = new RowHolder(options.row, row);
  if (tree.size > row.size) {
    await holder.change(() => ({ size: tree.size, root: hex(tree.root()), time: now, segments }));
  }
  await restorePublished(options, row, tree);
  const { files, clock } = options;
  const askingSize = dedupe.askingSize(tree.size);
  return new Log({ keys, files, clock, tree, publicFiles, holder, dedupe, askingSize, options });
}

/** What a start reads back. */
interface ReadBack {
  readonly tree: LogTree;
  readonly publicFiles: PublicFiles;
  readonly dedupe: DedupeIndex;
  readonly segments: RowState['segments'];
  /** Notable entries, with their indices. */
  readonly notable: readonly (readonly [entry: Uint8Array, index: number])[];
}

/**
 * Reads every entry back into the tree, which the row judges. Entries that index files cover are not taken apart again;
 * the files are of this log if the tree has their roots, and otherwise thrown away.
 */
async function readBack(options: LogOptions, row: RowState): Promise<ReadBack> {
  const { files } = options;
  const run = await readStretches(files, { origin: row.origin, size: bundledSize(row) });
  const indexed = await readWith(options, row, run);
  if (await areOf(indexed.tree, run)) {
    await keepOnly(files, run);
    return indexed;
  }
  await keepOnly(files, []);
  return readWith(options, row, []);
}

async function readWith(
  options: LogOptions,
  row: RowState,
  run: readonly DedupeStretch[],
): Promise<ReadBack> {
  const { files } = options;
  const publicFiles = new PublicFiles(files, options.cachedTiles ?? 1_024);
  const tree = new LogTree(publicFiles);
  const dedupe = new DedupeIndex();
  for (const { filed, end } of run) dedupe.restore(filed, end);
  const known = dedupe.notable;
  const notable: [entry: Uint8Array, index: number][] = [];
  const onEntry = (entry: Uint8Array, index: number): void => {
    if (index < dedupe.kept && !known.has(index)) return;
    const description = options.describe(entry);
    if (description?.isNotable === true) notable.push([entry, index]);
    if (index >= dedupe.kept && description !== undefined) dedupe.claim(description, index);
  };
  const segments = await recover({ files, row, tree, publicFiles, onEntry });
  return { tree, publicFiles, dedupe, segments, notable };
}

async function areOf(tree: LogTree, run: readonly DedupeStretch[]): Promise<boolean> {
  for (const { end, root } of run) if (hex(await tree.rootAt(end)) !== root) return false;
  return true;
}

/** The row; the first start makes that of an empty tree. */
async function readOrMakeRow({ row, files, clock }: LogOptions, keys: LogKeys): Promise<RowState> {
  const found = await row.read();
  if (found !== undefined) return found;
  const left = [...(await files.list('wal')), ...(await files.list('public'))];
  if (left.length > 0) {
    throw new LogError('missing', {
      what: `there is no checkpoint row, but there are files of a log (${left.slice(0, 3).join(', ')})`,
      where: 'log.db',
      fix: 'Restore log.db together with the files; without it the log may not sign.',
    });
  }
  const first: RowState = {
    version: 1,
    origin: keys.origin,
    key: keys.vkey,
    size: 0,
    root: hex(emptyRoot()),
    time: unixSeconds(clock),
    segments: [],
    published: '',
  };
  if (await row.swap(undefined, first)) return first;
  // Another process made it in the same moment: theirs counts.
  return (await row.read()) ?? first;
}

function mustBelong(row: RowState, keys: LogKeys): void {
  if (row.origin !== keys.origin) {
    throw new LogError('wrong-origin', {
      what: `this directory holds the log ${row.origin}, not ${keys.origin}`,
    });
  }
  if (row.key !== keys.vkey) {
    throw new LogError('wrong-key', {
      what: `this log is signed with ${row.key}, not ${keys.vkey}`,
      fix: 'A new key begins a new log (PROTOCOL 4.5, log.succeed).',
    });
  }
}

/** Public files that a power cut may have taken or torn: the tiles that nothing made durable yet, and the checkpoint. */
async function restorePublished({ files }: LogOptions, row: RowState, tree: LogTree): Promise<void> {
  await tree.writeFiles(row.published === '' ? 0 : Number(row.published.split('\n')[1]));
  await renewPartials(files, tree, bundledSize(row));
  if (row.published === '') return;
  const note = utf8(row.published);
  const found = await files.read(CHECKPOINT_PATH);
  if (found === undefined || !equal(found, note)) await files.replace(CHECKPOINT_PATH, note);
}
