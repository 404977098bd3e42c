/** Checks a log on disk from its bytes up: the tree is rebuilt from the entries, and everything stored is held against it. */
import { equal, hex, utf8 } from '@assay/core';
import { openCheckpoint } from '../checkpoint.ts';
import { CheckpointError, NoteError } from '../errors.ts';
import type { NoteVerifier } from '../note-verify.ts';
import type { CheckpointRow, RowState } from './checkpoint-row.ts';
import { DEDUPE_DIRECTORY, readStretches } from './dedupe-file.ts';
import { type FsckFinding, TileAudit } from './fsck-tiles.ts';
import { LogError } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import { LogTree } from './log-tree.ts';
import { CHECKPOINT_PATH, PublicFiles } from './public-files.ts';
import { bundledEntries, bundledSize, coveredRecords, mustMatch, readSegment } from './replay.ts';

export type { FsckFinding };

/** What to check. */
export interface FsckInput {
  readonly files: LogFiles;
  readonly row: CheckpointRow;
  /** The log's keys; without them the published checkpoint's signature is not judged. */
  readonly verifiers?: readonly NoteVerifier[];
  /** Told now and then how many entries have been read, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was found. Clean when there are no findings. */
export interface FsckReport {
  readonly size: number;
  /** Root in the row, hex. */
  readonly root: string;
  readonly findings: readonly FsckFinding[];
}

/**
 * Reads everything, changes nothing. Never throws for what is wrong with the log: that is in the report.
 *
 * Meant for a log at rest. While a writer is at work, files may be replaced between two looks; a finding that is gone
 * the next time was only that.
 */
export async function fsck(input: FsckInput): Promise<FsckReport> {
  const row = await input.row.read();
  const stored = await input.files.read(CHECKPOINT_PATH);
  if (row === undefined) {
    const finding = { code: 'row-missing', where: 'log.db', what: 'there is no checkpoint row' } as const;
    return { size: 0, root: '', findings: [finding] };
  }
  const published = publishedSize(row);
  const audit = new TileAudit(input.files, Math.max(bundledSize(row), published));
  const tree = new LogTree(new PublicFiles(input.files, 1));
  tree.drainInto(audit);
  const findings: FsckFinding[] = [];
  try {
    await rebuild(input, row, { tree, audit });
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    findings.push({ code: codeOf(error), where: error.where ?? 'log', what: error.what });
  }
  await audit.unfinished(tree);
  findings.push(...audit.findings, ...(await checkPublished(input, { row, stored }, tree)));
  findings.push(...(await checkIndex(input, row, tree)));
  return { size: row.size, root: row.root, findings };
}

async function rebuild(
  { files, onProgress }: FsckInput,
  row: RowState,
  { tree, audit }: { tree: LogTree; audit: TileAudit },
): Promise<void> {
  const add = async (entries: readonly Uint8Array[]): Promise<void> => {
    for (const entry of entries) tree.integrate(entry);
    await audit.compare();
    onProgress?.(tree.size, row.size);
  };
  for await (const entries of bundledEntries(files, bundledSize(row))) await add(entries);
  for (const ref of row.segments) {
    const segment = await readSegment(files, ref, row.origin);
    for (const record of coveredRecords(segment, ref, tree)) await add(record.entries);
  }
  mustMatch(tree, row.size, row.root, row.segments.at(-1) === undefined ? 'public/tile/entries' : 'wal');
}

function codeOf(error: LogError): FsckFinding['code'] {
  if (error.code === 'row-ahead') return 'segment-short';
  return error.code === 'missing' ? 'bundle-missing' : 'entries-damaged';
}

/** The published checkpoint: the file is the row's, it is signed, and its root is the tree's. */
async function checkPublished(
  { verifiers }: FsckInput,
  { row, stored }: { row: RowState; stored: Uint8Array | undefined },
  tree: LogTree,
): Promise<FsckFinding[]> {
  const where = CHECKPOINT_PATH;
  if (row.published === '') {
    return stored === undefined
      ? []
      : [{ code: 'checkpoint-mismatch', where, what: 'the row knows of no publication' }];
  }
  const findings: FsckFinding[] = [];
  const note = utf8(row.published);
  if (stored === undefined || !equal(stored, note)) {
    findings.push({ code: 'checkpoint-mismatch', where, what: 'the file is not the checkpoint in the row' });
  }
  if (verifiers === undefined) return findings;
  try {
    const { checkpoint } = openCheckpoint(note, verifiers);
    const ours = checkpoint.size <= tree.size ? await tree.rootAt(checkpoint.size) : undefined;
    if (ours === undefined || !equal(ours, checkpoint.root)) {
      const what = `it signs root ${hex(checkpoint.root)} at size ${checkpoint.size}, which the entries do not lead to`;
      findings.push({ code: 'checkpoint-mismatch', where, what });
    }
  } catch (error) {
    if (error instanceof NoteError || error instanceof CheckpointError) {
      findings.push({ code: 'checkpoint-signature', where, what: error.message });
    } else if (!(error instanceof LogError)) throw error;
    // A LogError is a tile that could not be read, which has its own finding.
  }
  return findings;
}

/** The dedupe index's files: whole, of this log, without a hole. */
async function checkIndex({ files }: FsckInput, row: RowState, tree: LogTree): Promise<FsckFinding[]> {
  const where = DEDUPE_DIRECTORY;
  const run = await readStretches(files, { origin: row.origin, size: bundledSize(row) });
  if (run.length < (await files.list(where)).length) {
    return [{ code: 'index-damaged', where, what: 'a file is torn, out of place, or of another log' }];
  }
  try {
    for (const { end, root } of run) {
      if (end > tree.size || hex(await tree.rootAt(end)) === root) continue;
      return [{ code: 'index-damaged', where, what: `the file up to entry ${end} is of another tree` }];
    }
  } catch (error) {
    // A tile that could not be read has its own finding.
    if (!(error instanceof LogError)) throw error;
  }
  return [];
}

const publishedSize = (row: RowState): number =>
  row.published === '' ? 0 : Math.min(row.size, Number(row.published.split('\n')[1]));
