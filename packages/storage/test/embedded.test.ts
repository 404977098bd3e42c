/** The embedded default: six engines in this process, files, journals; versions that share most of their bytes. */
import { appendFile, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex, randomBytes } from '@assay/core';
import { afterEach, describe, expect, it } from 'vitest';
import { seeded, SimDisk } from '../../../sim/storage/sim-disk.ts';
import {
  type Journal,
  memorySource,
  openBlob,
  type ReaderOptions,
  upload,
  type UploadEvent,
  wasmKernel,
} from '../src/index.ts';
import {
  LocalNode,
  monotonicClock,
  openFileJournal,
  openFileSource,
  StorageEngine,
} from '../src/node/index.ts';
import { cast } from './fixtures.ts';
import { noise, safetensors } from './model-files.ts';

const players = cast(6);
const noJournal = (): Journal => ({ entries: [], append: () => undefined, sync: async () => undefined });

async function nodes(): Promise<LocalNode[]> {
  const { committee, signers } = players;
  return Promise.all(
    signers.map(async (signer, i) => {
      const disk = new SimDisk({ random: seeded(i), capacity: 1e9 });
      const limits = { quotaBytes: 1e9, segmentBytes: 8 << 20 };
      const engine = await StorageEngine.open({
        disk,
        signer,
        committee: () => committee,
        clock: monotonicClock,
        randomBytes,
        ...limits,
      });
      return new LocalNode(engine);
    }),
  );
}

function client(members: LocalNode[]): Omit<ReaderOptions, 'onEvent' | 'window'> {
  const kernel = wasmKernel({ bytes: 64 << 20 });
  return {
    committee: players.committee,
    nodes: members,
    kernel,
    clock: monotonicClock,
    random: Math.random,
    randomBytes,
  };
}

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-embedded-'));
  directories.push(directory);
  return directory;
}

describe('embedded storage', () => {
  const sizes = Array.from({ length: 16 }, () => 400_000);

  it('a second version sends little more than what changed, and counts the rest only after a fresh signature', async () => {
    const members = await nodes();
    const settings = { shardBytes: 1 << 20, window: 2 };
    const v1 = safetensors(sizes);
    const first = await upload([{ path: 'model.safetensors', source: memorySource(v1) }], {
      ...client(members),
      ...settings,
      journal: noJournal(),
    });
    const v2 = safetensors(sizes, { reseed: 5, note: 'second' });
    const events: UploadEvent[] = [];
    const parent = { blobId: first.blobId, manifest: first.manifest };
    const onEvent = (event: UploadEvent): void => void events.push(event);
    const files = [{ path: 'model.safetensors', source: memorySource(v2) }];
    const second = await upload(files, {
      ...client(members),
      ...settings,
      parent,
      onEvent,
      journal: noJournal(),
    });
    const view = events.flatMap((event) => (event.type === 'progress' ? [event.view] : [])).at(-1);
    expect(view?.sealed).toBe(true);
    expect(view?.certified).toBeLessThan(400_000 * 1.05);
    expect(view?.reused).toBe(15 * 400_000);
    using blob = await openBlob(second.blobId, client(members));
    expect(hex(await blob.bytes('model.safetensors'))).toBe(hex(v2));
    expect(hex(await blob.tensor('t5'))).toBe(hex(noise(400_000, 1_000)));
    expect(hex(await blob.bytes('model.safetensors', { start: 399_990, end: 800_010 }))).toBe(
      hex(v2.subarray(399_990, 800_010)),
    );
  });

  it('a version whose parent is no longer held is refused, not counted', async () => {
    const members = await nodes();
    const settings = { shardBytes: 1 << 20, window: 2 };
    const source = { path: 'm.safetensors', source: memorySource(safetensors(sizes)) };
    const first = await upload([source], { ...client(members), ...settings, journal: noJournal() });
    const parent = { blobId: first.blobId, manifest: first.manifest };
    const others = await nodes();
    const attempt = upload([source], { ...client(others), ...settings, parent, journal: noJournal() });
    await expect(attempt).rejects.toThrow(/not-enough-shards.*parent/);
  });

  it('no files, an empty file and a one-byte file are blobs too', async () => {
    const members = await nodes();
    for (const files of [
      [],
      [{ path: 'e', source: memorySource(new Uint8Array(0)) }],
      [{ path: 'one', source: memorySource(Uint8Array.of(7)) }],
    ]) {
      const stored = await upload(files, {
        ...client(members),
        shardBytes: 1 << 20,
        window: 2,
        journal: noJournal(),
      });
      using blob = await openBlob(stored.blobId, client(members));
      for (const { path, source } of files) expect(await blob.bytes(path)).toHaveLength(source.size);
    }
  });
});

describe('file journal and source', () => {
  it('a torn last entry is cut off; the whole ones stay, and appending goes on', async () => {
    const path = join(await temporary(), 'journal');
    const first = await openFileJournal(path);
    for (const entry of ['one', 'two', 'three']) first.append(Buffer.from(entry));
    await first.sync();
    await first[Symbol.asyncDispose]();
    await appendFile(path, Buffer.from([9, 0, 0, 0, 1, 2]));
    const second = await openFileJournal(path);
    expect(second.entries.map((entry) => Buffer.from(entry).toString())).toEqual(['one', 'two', 'three']);
    second.append(Buffer.from('four'));
    await second.sync();
    await second[Symbol.asyncDispose]();
    await using third = await openFileJournal(path);
    expect(third.entries).toHaveLength(4);
  });

  it('a file that shrinks while it is read is named', async () => {
    const path = join(await temporary(), 'file');
    await appendFile(path, noise(1_000, 1));
    await using source = await openFileSource(path);
    expect(hex(await source.read(10, 20))).toBe(hex(noise(1_000, 1).subarray(10, 30)));
    await truncate(path, 500);
    await expect(source.read(400, 200)).rejects.toThrow(/source-changed/);
  });
});
