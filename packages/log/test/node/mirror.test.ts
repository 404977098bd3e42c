/** A mirror holds what it verified, and a log is made of it again (DESIGN §4; the guard of PROTOCOL 4.2 still decides). */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, hex, utf8 } from '@assay/core';
import { afterEach, describe, expect, it } from 'vitest';
import {
  diskFiles,
  fsck,
  type Log,
  Mirror,
  type MirrorSource,
  openLog,
  rebuildLog,
  sqliteRow,
  startGuard,
} from '../../src/node/index.ts';
import { ed25519NoteSigner, formatVkey, noteVerifier, parsePolicy } from '../../src/index.ts';

const ORIGIN = 'log.test/mirrored';
const key = ed25519Signer(new Uint8Array(32).fill(3));
const policy = parsePolicy(utf8(`log ${formatVkey(ed25519NoteSigner(ORIGIN, key).key)}\nquorum none\n`));
const folders: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'assay-mirror-'));
  folders.push(made);
  return made;
};
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

let now = 1_700_000_000;
const open = (directory: string, guard?: Parameters<typeof openLog>[0]['guard']): Promise<Log> =>
  openLog({
    origin: ORIGIN,
    ed25519: key,
    files: diskFiles(directory),
    row: sqliteRow(join(directory, 'log.db')),
    clock: { now: () => (now += 1_000) },
    describe: (entry) => ({ id: hex(entry.subarray(0, 8)), signer: '', keys: [] }),
    ...(guard === undefined ? {} : { guard }),
  });

async function grow(log: Log, to: number, salt = ''): Promise<void> {
  const count = to - log.size;
  const requests = Array.from({ length: count }, (_, i) => {
    const bytes = utf8(`${String(log.size + i).padStart(8, '0')}${salt} of this log`);
    return { bytes, id: hex(bytes.subarray(0, 8)), signer: '', keys: [] };
  });
  for (let at = 0; at < count; at += 1_000) await log.appendBatch(requests.slice(at, at + 1_000));
}

const publish = (log: Log): Promise<void> => log.publish(log.signForPublication().note);

/** A log as its server shows it. `bend` changes what is read. */
const served = (
  log: Log,
  bend: (path: string, bytes: Uint8Array | undefined) => Uint8Array | undefined = (_, bytes) => bytes,
): MirrorSource => ({
  read: async (path) => {
    if (path === 'checkpoint') return bend(path, log.published);
    if (path === 'newest-checkpoint') return bend(path, log.newest.note);
    try {
      return bend(path, await log.tileFile(path));
    } catch {
      return bend(path, undefined);
    }
  },
});

describe('a mirror', () => {
  it.each([1, 255, 256, 257, 700])(
    'of %i entries, grown in steps, is a log again after the log is wiped',
    async (size) => {
      const [home, copy, again] = [folder(), folder(), folder()];
      const log = await open(home);
      const mirror = await Mirror.open(diskFiles(copy), policy);
      await grow(log, Math.ceil(size / 2));
      await publish(log);
      await mirror.pull(served(log));
      await grow(log, size);
      await publish(log);
      // One entry beyond what was published: the log signed it, and must not sign another tree over it.
      await grow(log, size + 1);
      const pulled = await mirror.pull(served(log));
      expect(pulled.size).toBe(size + 1);
      const root = await log.rootAt(size + 1);
      await log.close();
      rmSync(home, { recursive: true });
      const reopened = await Mirror.open(diskFiles(copy), policy);
      expect(reopened.size).toBe(size + 1);
      cpSync(join(copy, 'public'), join(again, 'public'), { recursive: true });
      const row = sqliteRow(join(again, 'log.db'));
      const rebuilt = await rebuildLog(diskFiles(again), row, { policy, time: now / 1_000 });
      await row.close();
      expect([rebuilt.size, hex(rebuilt.root)]).toEqual([size + 1, hex(root)]);
      const log2 = await open(again);
      expect(hex(await log2.rootAt(size + 1))).toBe(hex(root));
      await grow(log2, size + 300);
      await publish(log2);
      const report = await fsck({
        files: diskFiles(again),
        row: sqliteRow(join(again, 'log.db')),
        verifiers: [noteVerifier(log2.vkey)],
      });
      expect(report.findings).toEqual([]);
      await reopened.pull(served(log2));
      expect(reopened.size).toBe(size + 300);
      await log2.close();
    },
  );

  it('takes nothing that the signature does not cover, and goes on from where it was', async () => {
    const [home, copy] = [folder(), folder()];
    const log = await open(home);
    const mirror = await Mirror.open(diskFiles(copy), policy);
    await grow(log, 300);
    await publish(log);
    const flipped = served(log, (path, bytes) => {
      if (bytes === undefined || !path.startsWith('tile/entries/')) return bytes;
      const other = Uint8Array.from(bytes);
      other[10] = (other[10] as number) ^ 1;
      return other;
    });
    await expect(mirror.pull(flipped)).rejects.toMatchObject({ code: 'split-view' });
    const cut = served(log, (path, bytes) => (path.startsWith('tile/entries/001') ? undefined : bytes));
    await expect(mirror.pull(cut)).rejects.toMatchObject({ code: 'incomplete' });
    const unsigned = served(log, (path, bytes) =>
      path === 'checkpoint' && bytes !== undefined
        ? utf8(new TextDecoder().decode(bytes).replace('300', '301'))
        : bytes,
    );
    await expect(mirror.pull(unsigned)).rejects.toMatchObject({ name: 'NoteError' });
    expect(mirror.size).toBe(0);
    await mirror.pull(served(log));
    expect(mirror.size).toBe(300);
    await log.close();
  });

  it('keeps what it holds when the log shows less, or another tree: that is the proof', async () => {
    const [home, copy, other] = [folder(), folder(), folder()];
    const log = await open(home);
    const mirror = await Mirror.open(diskFiles(copy), policy);
    await grow(log, 40);
    await publish(log);
    await mirror.pull(served(log));
    const smaller = await open(other);
    await grow(smaller, 30);
    await publish(smaller);
    await expect(mirror.pull(served(smaller))).rejects.toMatchObject({ code: 'shrunk' });
    await grow(smaller, 60, 'other');
    await publish(smaller);
    await expect(mirror.pull(served(smaller))).rejects.toMatchObject({ code: 'split-view' });
    expect((await Mirror.open(diskFiles(copy), policy)).size).toBe(40);
    await log.close();
    await smaller.close();
  });

  it('that rotted is told when it is opened, and makes no log', async () => {
    const [home, copy] = [folder(), folder()];
    const log = await open(home);
    await grow(log, 20);
    await publish(log);
    await (await Mirror.open(diskFiles(copy), policy)).pull(served(log));
    const path = join(copy, 'public/tile/entries/000.p/20');
    const bytes = readFileSync(path);
    bytes[40] = (bytes[40] as number) ^ 4;
    writeFileSync(path, bytes);
    await expect(Mirror.open(diskFiles(copy), policy)).rejects.toMatchObject({ code: 'corrupt' });
    const row = sqliteRow(join(copy, 'log.db'));
    await expect(rebuildLog(diskFiles(copy), row, { policy, time: 1 })).rejects.toMatchObject({
      code: 'corrupt',
    });
    await row.close();
    await log.close();
  });

  it('PROTOCOL 4.2: behind what a witness saw, the log that is rebuilt from it refuses to sign', async () => {
    const [home, copy] = [folder(), folder()];
    const log = await open(home);
    await grow(log, 20);
    await publish(log);
    await (await Mirror.open(diskFiles(copy), policy)).pull(served(log));
    await grow(log, 21);
    await publish(log);
    const seen = log.published;
    await log.close();
    const row = sqliteRow(join(copy, 'log.db'));
    await rebuildLog(diskFiles(copy), row, { policy, time: now / 1_000 });
    await row.close();
    const guard = startGuard([{ name: 'w', lastCheckpoint: () => Promise.resolve(seen) }], 1);
    await expect(open(copy, guard)).rejects.toMatchObject({ code: 'witness-ahead' });
  });
});
